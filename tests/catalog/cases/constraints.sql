-- a check
create table t (a int check (a > 0), b int, constraint k check (a < b));

-- a check that is not validated
create table t (a int);
alter table t add constraint k check (a > 0) not valid;

-- a check that is not inherited
create table t (a int, constraint k check (a > 0) no inherit);
create table c () inherits (t);

-- a check of the child's own that the parent has too
create table p (a int, constraint k check (a > 0));
create table c (constraint k check (a > 0)) inherits (p);

-- a check on a partition alone
create table t (a int, b int) partition by list (a);
create table p partition of t for values in (1);
alter table p add constraint own check (b > 0);

-- a check on a partitioned table
create table t (a int, b int check (b > 0)) partition by list (a);
create table p partition of t for values in (1);

-- a check that calls a function
create function z(int) returns boolean language sql immutable as 'select true';
create table a (x int check (z(x)));

-- a primary key over several columns
create table t (a int, b int, c int, primary key (c, a));

-- a primary key with a name
create table t (a int, constraint my_key primary key (a));

-- a unique constraint that includes columns
create table t (a int, b int, c int, unique (a) include (b, c));

-- a unique constraint in which nulls are the same
create table t (a int, unique nulls not distinct (a));

-- deferrable constraints
create table t (a int primary key deferrable, b int unique deferrable initially deferred);

-- a key with storage parameters
create table t (a int primary key with (fillfactor = 60), b int unique with (fillfactor = 50, deduplicate_items = off));

-- an exclusion constraint
create table t (a int4range, b int, constraint x exclude using gist (a with &&) where (b > 0));

-- an exclusion constraint that is deferrable
create table t (a int4range, exclude using gist (a with &&, a with -|-) with (fillfactor = 70) deferrable initially deferred);

-- a foreign key
create table z (a int primary key);
create table b (x int references z);

-- a foreign key with actions
create table z (a int, b int, primary key (a, b));
create table b (x int, y int, constraint k foreign key (x, y) references z match full on update cascade on delete set null deferrable initially deferred);

-- a foreign key that sets some columns
create table z (a int, b int, primary key (a, b));
create table b (x int, y int, foreign key (x, y) references z on delete set null (y));

-- a foreign key that is not validated
create table z (a int primary key);
create table b (x int);
alter table b add constraint k foreign key (x) references z not valid;

-- a foreign key to a unique index
create table z (a int);
create unique index i on z (a);
create table b (x int references z (a));

-- a foreign key to the table itself
create table t (id int primary key, parent int references t);

-- foreign keys around in a circle
create table a (id int primary key, b int);
create table b (id int primary key, a int references a);
alter table a add foreign key (b) references b;

-- a foreign key to the platform's users
create table t (id uuid primary key references auth.users on delete cascade);

-- a foreign key of a partitioned table
create table z (a int primary key);
create table t (a int, x int references z) partition by list (a);
create table p partition of t for values in (1);

-- a foreign key to a partitioned table
create table z (a int primary key) partition by list (a);
create table z1 partition of z for values in (1);
create table b (x int references z);

-- a foreign key on a partition alone
create table z (a int primary key);
create table t (a int, x int) partition by list (a);
create table p partition of t for values in (1);
alter table p add foreign key (x) references z;

-- a foreign key of a partitioned table to itself
create table t (a int, b int, primary key (a)) partition by list (a);
create table p partition of t for values in (1);
alter table t add foreign key (b) references t;

-- a primary key of a partitioned table
create table t (a int, b int, primary key (a, b)) partition by list (a);
create table p partition of t for values in (1) partition by range (b);
create table q partition of p for values from (0) to (9);

-- a unique constraint on a partition alone
create table t (a int, b int) partition by list (a);
create table p partition of t for values in (1);
alter table p add unique (b);

-- a partition whose key has a name of its own
create table t (a int primary key) partition by list (a);
create table p (a int constraint own_name primary key);
alter table t attach partition p for values in (1);

-- a constraint with a name that has to be quoted
create table t (a int constraint "My ""k"".x" check (a > 0), constraint "U.k" unique (a));
