-- a virtual generated column
create table t (a int, b int generated always as (a * 2) virtual, c int generated always as (a * 3) stored);

-- a virtual column on partitions
create table t (a int, b int generated always as (a * 2) virtual) partition by list (a);
create table p partition of t for values in (1);

-- a NOT NULL constraint with a name
create table t (a int constraint "My name" not null, b int not null);

-- a NOT NULL constraint that is not inherited
create table t (a int not null no inherit);
create table c () inherits (t);

-- a NOT NULL constraint that is not validated
create table t (a int, b int);
alter table t add constraint n not null a not valid, add not null b not valid;

-- a NOT NULL constraint of a child and its parent
create table p (a int not null, b int constraint named not null);
create table c (constraint own not null a) inherits (p);

-- a NOT NULL constraint of a partition
create table t (a int constraint top not null, b int not null) partition by list (a);
create table p partition of t for values in (1);
create table q (a int constraint low not null, b int not null);
alter table t attach partition q for values in (2);

-- a domain with a name for NOT NULL
create domain must as text constraint named not null;

-- a NOT NULL constraint of a typed table
create type row as (a int);
create table t of row (a with options constraint named not null);

-- a check that is not enforced
create table t (a int, constraint k check (a > 0) not enforced);

-- a foreign key that is not enforced
create table z (a int primary key);
create table b (x int references z not enforced);

-- a key without overlaps
create table t (a int4range, at daterange, primary key (a, at without overlaps));
create table u (a int4range, at daterange, foreign key (a, period at) references t (a, period at));

-- a unique constraint without overlaps
create table t (a int4range, at daterange, unique (a, at without overlaps));

-- a foreign key of a partitioned table that is not validated
create table z (a int primary key);
create table t (a int, x int) partition by list (a);
create table p partition of t for values in (1);
alter table t add foreign key (x) references z not valid;

-- an exclusion constraint of a partitioned table
create table t (a int4range, exclude using gist (a with =)) partition by list (a);
create table p partition of t for values in ('[1,2)');

-- a partitioned table of heap
create table t (a int) partition by list (a) using heap;

-- an extension that needs another
create extension cube schema extensions;
create extension earthdistance schema extensions;
create table t (a extensions.earth);
