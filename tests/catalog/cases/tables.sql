-- a table without columns
create table t ();

-- a table with every kind of type
create table t (a int, b varchar(20), c char(3), d numeric(10,2)[], e timestamptz(3), f interval day to second(2), g bit varying(5), h jsonb, i uuid[][], j time(0) without time zone);

-- a table of which columns were dropped
create table t (a int, b text, c int, d int);
alter table t drop b, drop a;
alter table t add b int;

-- a table that is not logged
create unlogged table t (a int);

-- a table with storage parameters
create table t (a int, b text) with (fillfactor = 70, autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_enabled = off, toast_tuple_target = 4096);

-- a table with its whole row for its identity
create table t (a int);
alter table t replica identity full;

-- a table without replica identity
create table t (a int);
alter table t replica identity nothing;

-- a table with an index for its replica identity
create table t (a int not null);
create unique index i on t (a);
alter table t replica identity using index i;

-- a table with a constraint for its replica identity
create table t (a int not null constraint u unique);
alter table t replica identity using index u;

-- a table that is clustered on an index
create table t (a int);
create index i on t (a);
alter table t cluster on i;

-- a table that is clustered on its primary key
create table t (a int primary key);
alter table t cluster on t_pkey;

-- a table of a type
create type row as (a int, b text);
create table t of row (a primary key, b default 'x');

-- a column that is not null
create table t (a int not null, b int not null default 1);

-- a column with another collation
create table t (a text collate "C", b text[] collate "POSIX");

-- a column with a storage of its own
create table t (a text, b text, c text, d bytea);
alter table t alter a set storage main, alter b set storage external, alter c set storage plain, alter d set storage extended;

-- a column with a compression
create table t (a text compression pglz, b text);

-- a column with a statistics target
create table t (a int, b int);
alter table t alter a set statistics 500, alter b set statistics 0;

-- a column with options
create table t (a int);
alter table t alter a set (n_distinct = -0.5, n_distinct_inherited = 100);

-- a default that calls a function
create function z() returns int language sql as 'select 1';
create table a (x int default z());

-- defaults of many kinds
create table t (a text default E'a\\b''c', b timestamptz default now(), c jsonb default '{}', d uuid default gen_random_uuid(), e int[] default '{1,2}', f text default null, g interval default '1 day 02:00', h bytea default '\xdead', i float8 default 0.1, j date default '2020-01-02', k text default current_user);

-- a generated column
create table t (a int, b int generated always as (a * 2) stored, c text);

-- a generated column that calls a function
create function twice(int) returns int language sql immutable as 'select $1 * 2';
create table a (x int, y int generated always as (twice(x)) stored);

-- a generated column that calls a function which takes the table
create table t (a int, b int, c int);
create function f(int, t) returns int language sql immutable as 'select $1';
alter table t drop b;
alter table t add g int generated always as (f(a, null)) stored, add d text not null default 'x', add primary key (a);

-- an inherited table
create table p (a int not null, b text default 'x', check (a > 0));
create table c (d int) inherits (p);

-- a table that inherits from two
create table b_one (a int, b int);
create table a_two (a int, c int);
create table c (d int) inherits (b_one, a_two);

-- a column that is inherited and local
create table p (a int, b int);
create table c (b int not null, d int) inherits (p);

-- an inherited column with another default
create table p (a int default 1);
create table c () inherits (p);
alter table c alter a set default 2;
create table d () inherits (p);
alter table d alter a drop default;

-- an inherited column that only the child has not null
create table p (a int, b int);
create table c () inherits (p);
alter table c alter a set not null;

-- a table that came to inherit later
create table p (a int, b text);
create table c (b text, a int, x int);
alter table c inherit p;

-- a column added to a parent later
create table p (a int);
create table c (x int) inherits (p);
alter table p add b int;

-- columns added to two parents by turns
create table p (a int);
create table q (m int);
create table c (x int) inherits (p, q);
alter table q add n int;
alter table p add b int not null default 3;
create table d (y int) inherits (c);
alter table c add z text;

-- three generations
create table a (x int check (x > 0));
create table b (y int) inherits (a);
create table c (z int) inherits (b);
alter table a add w text default 'w';

-- a generated column that is inherited
create table p (a int, b int generated always as (a + 1) stored);
create table c (x int) inherits (p);

-- a table partitioned by range
create table t (a int, at date not null) partition by range (at);
create table t1 partition of t for values from ('2024-01-01') to ('2025-01-01');
create table t2 partition of t for values from (minvalue) to ('2024-01-01');
create table td partition of t default;

-- a table partitioned by list
create table t (a text) partition by list (a);
create table t1 partition of t for values in ('x', 'it''s', null);

-- a table partitioned by hash
create table t (a int) partition by hash (a);
create table t0 partition of t for values with (modulus 2, remainder 0);

-- a table partitioned by an expression
create function z(text) returns text language sql immutable as 'select $1';
create table a (x text, y int) partition by range (z(x), y, lower(x) collate "C" text_pattern_ops);

-- partitions of partitions
create table t (a int, b int) partition by list (a);
create table t1 partition of t for values in (1) partition by range (b);
create table a11 partition of t1 for values from (0) to (10);

-- a partition with its columns in another order
create table t (a int, b text not null, c int) partition by list (a);
create table p (c int, b text not null, x int, a int);
alter table p drop x;
alter table t attach partition p for values in (1);

-- a partition with a default of its own
create table t (a int, b int default 1) partition by list (a);
create table p partition of t (b default 2) for values in (1);

-- a partition with a generated column
create table t (a int, b int generated always as (a * 3) stored) partition by list (a);
create table p partition of t for values in (1);

-- an identity column on a partitioned table
create table t (id int generated always as identity, a int) partition by list (a);
create table p partition of t for values in (1);

-- a serial column on a partitioned table
create table t (id serial, a int) partition by list (a);
create table p partition of t for values in (1);

-- row security
create table t (a int);
alter table t enable row level security;

-- row security that is forced
create table t (a int);
alter table t enable row level security, force row level security;

-- names that hold everything
create table "A.b ""c"" 
$$ 'd'" ("x.Y ""z""
" int not null default 1 constraint "k ""
" check ("x.Y ""z""
" > 0), "☃" text);
create index "I.""x" on "A.b ""c"" 
$$ 'd'" ("☃");
create view "V ""
" as select * from "A.b ""c"" 
$$ 'd'";

-- names of 63 bytes
create table ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa int not null, bbbbbbbbbbbbbbbbbbbb int not null, primary key (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa));
create table uuuuuuuuuuuuuuuuuuuu (ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc int not null);
create table ééééééééééééééééééééééééééééééé (üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü int not null);

-- tables with reserved words for names
create table "select" ("from" int, "order" int not null);
create view "where" as select "from" from "select";

-- names that make the same name for NOT NULL
create table a_b (c int not null);
create table a (b_c int not null);

-- a renamed table and column
create table old (a int not null primary key, s serial);
alter table old rename to new;
alter table new rename a to b;

-- a table that refers to itself by its row type
create table t (a int);
create function f(t) returns int language sql as 'select 1';
alter table t add constraint k check (f(t) > 0);
