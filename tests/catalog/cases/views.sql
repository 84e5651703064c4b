-- a view
create table t (a int, b text);
create view v as select a, b from t where a > 1 order by b;

-- a view with options
create table t (a int);
create view v with (security_invoker = true, security_barrier = true) as select a from t;

-- a view with a check option
create table t (a int);
create view v as select a from t where a > 0 with local check option;
create view w as select a from v where a > 1 with cascaded check option;

-- a view with its own names of columns
create table t (a int);
create view v ("A b", c) as select a, a + 1 from t;
alter view v rename c to "c.d";

-- a view on a view
create view z as select 1 as x;
create view a as select x from z;

-- a recursive view
create recursive view v (n) as select 1 union all select n + 1 from v where n < 5;

-- a view with everything a query can have
create table t (a int, b text, c jsonb);
create view v as with w as materialized (select * from t) select distinct on (t.a) t.a, count(*) filter (where w.b like 'x%') over (partition by t.b order by t.a rows between 1 preceding and current row) as n, (select max(x) from unnest(array[1, 2]) x) as m, t.c ->> 'k' as k, case when t.a = 1 then 'one' else t.b end as o from t left join w using (a) cross join lateral (select w.a + 1 as l) q where exists (select from w where w.a = t.a) order by t.a limit 5;

-- a view that groups by a primary key
create table t (id int primary key, a text, b int);
create view v as select id, a, count(*) from t group by id;
create view w as select * from v;

-- a view that groups by a partitioned table's primary key
create table t (id int primary key, a text) partition by list (id);
create table p partition of t for values in (1);
create view v as select id, a from t group by id;

-- a view with a default
create table t (a int, b int);
create view v as select a, b from t;
alter view v alter b set default 5;

-- a view without columns
create view v as select;

-- a view with a collation
create view v as select 'x'::text collate "C" as a;

-- a view of a table of which a column was renamed
create table t (a int);
create view v as select a from t;
alter table t rename a to b;

-- a view that is used by a function that it uses
create table t (a int);
create view v as select a from t;
create function f(v) returns int language sql as 'select 1';
create or replace view v as select a from t where f(null) > 0;

-- two views and a function around in a circle
create table t (a int);
create view v as select a from t;
create function f(v) returns int language sql as 'select 1';
create view w as select a, f(v) as x from v;
create function g(w) returns int language sql as 'select 1';
create or replace view v with (security_invoker = true) as select a from t where g(null) > 0;

-- a view on the platform's users
create view v as select id, email from auth.users;

-- a materialized view
create table t (a int);
create materialized view m as select a, count(*) as n from t group by a;
create unique index i on m (a);

-- a materialized view that is not filled
create materialized view m as select 1 as a with no data;

-- a materialized view with storage
create materialized view m with (fillfactor = 70, toast.autovacuum_enabled = off) as select 1 as a, 'x'::text as b;
alter materialized view m alter a set statistics 50, alter b set storage external;
create index i on m (a);
alter materialized view m cluster on i;

-- a materialized view on another
create materialized view z as select 1 as a;
create materialized view m as select a from z;
create view v as select a from m;

-- a materialized view that calls a function
create table t (a int);
create function z() returns bigint language plpgsql as 'begin return (select count(*) from t);
end';
create materialized view m as select a from t where a = 1;

-- a rule
create table t (a int);
create table log (a int);
create rule r as on insert to t where new.a > 1 do also insert into log values (new.a);

-- a rule that does nothing
create table t (a int);
create rule r as on delete to t do instead nothing;

-- rules in every state
create table t (a int);
create rule d as on update to t do instead nothing;
create rule r as on insert to t do instead nothing;
create rule a as on delete to t do also notify x;
alter table t disable rule d, enable replica rule r, enable always rule a;

-- a rule on a view
create table t (a int);
create view v as select a from t;
create rule r as on insert to v do instead insert into t values (new.a) returning a;

-- a rule with several actions
create table t (a int);
create table u (a int);
create rule r as on update to t do instead (insert into u values (old.a);
delete from u where a = new.a);

-- policies of every command
create table t (a int);
create policy s on t for select using (a > 0);
create policy i on t for insert with check (a > 1);
create policy u on t for update using (a > 2) with check (a > 3);
create policy d on t for delete using (a > 4);
create policy a on t using (true);

-- a restrictive policy for some roles
create table t (a int);
create policy p on t as restrictive for all to authenticated, anon using (a = 1) with check (a = 2);

-- a policy that asks another table
create table t (a int, owner uuid);
create table z (a int, b uuid);
create policy "Let them, ""please""." on t using (owner = auth.uid() and exists (select from z where z.a = t.a));

-- a policy that calls a function
create table a (x int);
create function z(int) returns boolean language sql as 'select true';
create policy p on a using (z(x));

-- a policy on the table's own rows
create table t (a int);
create policy p on t using (a in (select u.a from t u));
