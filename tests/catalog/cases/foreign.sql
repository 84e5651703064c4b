-- a foreign table
create server far_one foreign data wrapper far;
create foreign table f (a int, b text) server far_one;

-- a foreign table with options
create server far_two foreign data wrapper far options (host 'x''y');
create foreign table f (a int options (column_name 'A "a"') not null, b text options (x 'y', "Z z" '\') collate "C" default 'd')
server far_two options (table_name 'it''s', "Q q" '');

-- a foreign table with a check and a generated column
create server far_three foreign data wrapper far;
create foreign table f (a int constraint k check (a > 0), b int generated always as (a + 1) stored) server far_three;
alter foreign table f alter a set statistics 50, alter a set (n_distinct = 5);
create view v as select a from f;

-- a foreign table that is a partition
create server far_four foreign data wrapper far;
create table t (a int, b int not null) partition by list (a);
create foreign table f partition of t for values in (1) server far_four;

-- a foreign table that inherits
create server far_five foreign data wrapper far;
create table p (a int, b int);
create foreign table f (c int) inherits (p) server far_five options (x 'y');
alter table p add d int;
