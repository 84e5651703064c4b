-- an index
create table t (a int);
create index i on t (a);

-- a unique index over an expression with a condition
create table t (a text, b int);
create unique index i on t (lower(a), (b + 1)) where b > 0;

-- an index with orders and classes
create table t (a text, b int);
create index i on t (a collate "C" text_pattern_ops desc nulls last, b nulls first);

-- an index that includes columns
create table t (a int, b int);
create index i on t (a) include (b);

-- a unique index in which nulls are the same
create table t (a int);
create unique index i on t (a) nulls not distinct;

-- an index with storage parameters
create table t (a int);
create index i on t (a) with (fillfactor = 50, deduplicate_items = off);

-- indexes of every method
create table t (a int, b jsonb, c int4range, d point);
create index h on t using hash (a);
create index g on t using gin (b jsonb_path_ops) with (fastupdate = off);
create index s on t using gist (c);
create index p on t using spgist (d);
create index r on t using brin (a) with (pages_per_range = 16);

-- an index with parameters of its operator class
create table t (a tsvector);
create index i on t using gist (a tsvector_ops (siglen = 100));

-- an index that calls a function
create function z(int) returns int language sql immutable as 'select $1';
create table a (x int);
create index on a (z(x));

-- an index with a statistics target
create table t (a int, b int);
create index i on t (a, (b + 1));
alter index i alter column 2 set statistics 300;

-- an index of a partitioned table
create table t (a int, b int) partition by list (a);
create table p partition of t for values in (1);
create table q partition of t for values in (2) partition by range (b);
create table r partition of q for values from (0) to (9);
create index i on t (b);

-- an index whose partitions' own have other names
create table t (a int, b int) partition by list (a);
create table p partition of t for values in (1);
create index zzz on p (b);
create index i on t (b);

-- an index of a partitioned table alone
create table t (a int, b int) partition by list (a);
create table p partition of t for values in (1);
create index i on only t (b);

-- an index on a partition alone
create table t (a int, b int) partition by list (a);
create table p partition of t for values in (1);
create index i on p (b);

-- a unique index of a partitioned table
create table t (a int, b int) partition by list (a);
create table p partition of t for values in (1);
create unique index i on t (a, b);

-- extended statistics
create table t (a int, b int, c int);
create statistics s on a, b from t;

-- extended statistics of some kinds
create table t (a int, b int, c int);
create statistics s (ndistinct, mcv) on a, b, (c + 1) from t;

-- extended statistics on an expression
create table t (a int);
create statistics s on (a % 10) from t;

-- extended statistics with a target
create table t (a int, b int);
create statistics s on a, b from t;
alter statistics s set statistics 50;
