select * from app.t
select t.a, t.b from app.t
select a, b from app.t where a > 1 and b like 'x%' order by b, a desc nulls last
select x.a from app.t x
select x.a as aa from app.t as x (q, a)
select a as b, b as a from app.t order by 1
select a as b, b as a from app.t order by t.b
select b as a, a as q from app.t order by t.a, t.b
select distinct on (a) a, b from app.t order by a, b
select distinct a from app.t
select count(*), a from app.t group by a having count(*) > 1 order by count(*)
select a + 1 as q, sum(n) from app.t group by a + 1
select a, b, sum(n) from app.t group by rollup(a, b)
select a, b, sum(n), grouping(a, b) from app.t group by grouping sets ((a), (b), ())
select a, b, sum(n) from app.t group by cube(a, b), bo
select sum(n) from app.t group by ()
select t.a, u.b from app.t join app.u on t.id = u.t_id
select t.a, u.b from app.t left join app.u on t.id = u.t_id and u.a > 2 where t.a is not null
select * from app.t join app.u using (id)
select id, t.a from app.t full join app.u using (id)
select id from app.t join app.u using (id, a) as j
select j.id from app.t join app.u using (id) as j
select * from app.t natural join public.w
select t.a from app.t cross join app.u
select t.a from app.t, app.u where t.id = u.id
select t.a, s.c from app.t, lateral (select count(*) as c from app.u where u.t_id = t.id) s
select t.a, s.c from app.t left join lateral (select u.b as c from app.u where u.t_id = t.id limit 1) s on true
select a, (select max(u.a) from app.u where u.t_id = t.id) from app.t
select a from app.t where exists (select 1 from app.u where u.t_id = t.id)
select a from app.t where id in (select t_id from app.u)
select a from app.t where (a, b) in (select a, b from app.u)
select a from app.t where a = any (array(select u.a from app.u))
select a from app.t where a > all (select u.a from app.u where u.b = t.b)
select a from app.t t1 where exists (select 1 from app.t t2 where t2.a = t1.a and t2.id <> t1.id)
with q as (select a, b from app.t) select * from q
with q as (select a, b from app.t), r as (select q.a from q) select r.a, u.b from r join app.u on u.a = r.a
with q as materialized (select a from app.t) select a from q
with q as not materialized (select a from app.t) select a from q
with recursive q(n) as (select 1 union all select n + 1 from q where n < 5) select n from q
select a from app.t union select a from app.u
select a from app.t union all select a from app.u order by a
select a, b from app.t union all (select a, b from app.u order by b limit 2)
(select a from app.t except select a from app.u) intersect select val from public.w
select a from app.t union (select a from app.u intersect select val from public.w)
select a as q from app.t union select val from public.w order by q desc limit 3 offset 1
select x.a from (select a from app.t union select a from app.u) x
select x.a from (select a, b from app.t where bo) x where x.a > 1
select x.z from (select a from app.t) x(z)
select * from (values (1, 'a'), (2, 'b')) v(n, s)
values (1, 'a'), (2, 'b')
select 1 as one, 'x' as s, null as n, true as b
select now(), current_date, current_timestamp, localtime, current_user, session_user, current_schema
select current_timestamp(3), localtimestamp(0)
select row_number() over (partition by a order by b) from app.t
select sum(n) over w1, avg(n) over (w1 order by b rows between 1 preceding and current row) from app.t window w1 as (partition by a)
select rank() over (order by a desc range between unbounded preceding and unbounded following exclude ties) from app.t
select count(*) filter (where a > 1), string_agg(b, ',' order by b desc), array_agg(distinct a) from app.t
select percentile_cont(0.5) within group (order by a) from app.t
select mode() within group (order by b) filter (where a > 0) from app.t group by bo
select rank(1, 'a') within group (order by a, b) from app.t
select case a when 1 then 'one' when 2 then 'two' else 'many' end, case when a > 1 then b end from app.t
select coalesce(a, 1), nullif(a, 2), greatest(a, 1, 3), least(a, 4) from app.t
select a::text, b::varchar(3), n::int, a::numeric(5,1), '5'::int, cast(b as app.mood), 3::app.positive from app.t
select '1 day'::interval, interval '1' month, interval '1-2' year to month, i * 2, interval(3) '1.2345 sec', d + interval '90 minutes' from app.t
select date '2020-01-01', timestamp '2020-01-01 10:00', timestamptz '2020-01-01 10:00+02', time '10:00', timetz '10:00+1' from app.t
select d at time zone 'UTC', ts at time zone 'Europe/Berlin' from app.t
select extract(year from d), extract(epoch from i), date_part('day', d), date_trunc('month', d) from app.t
select c -> 'a', c ->> 'b', c #> '{a,b}', c @> '{"x": 1}', c ? 'k', c['a']['b'] from app.t
select jsonb_build_object('a', a, 'b', b), to_jsonb(t), row_to_json(t.*), json_agg(t) over () from app.t
select jsonb_path_query(c, '$.a[*] ? (@ > 1)') from app.t
select x.* from app.t, jsonb_to_recordset(t.c) as x(p int, q text)
select x.k, x.v from app.t, jsonb_each(t.c) x(k, v)
select * from json_to_record('{"a":1}') as r(a int, b text)
select t from app.t
select t.*::text from app.t
select (t).a, (t.*).b from app.t
select (p).l, (p).r, (ps[1]).l, ps[1:2] from app.pt
select e[1], e[1:2], array[a, 2, 3], array[[1,2],[3,4]], array[]::int[], '{1,2}'::int[], e || array['x'] from app.t
select unnest(e) from app.t
select u.x, u.o from app.t, unnest(t.e) with ordinality as u(x, o)
select * from rows from (generate_series(1, 3), unnest(array['a','b'])) with ordinality as z(p, q, r)
select g from generate_series(1, 10, 2) g
select g.* from generate_series(1, 10) as g
select generate_series from generate_series(1, 3)
select s.k, s.v from app.srf(3) s
select * from app.srf(n => 2)
select app.f(a), abs(a), lower(b), a % 2, -a, +a, a ^ 2, |/ a, @ a, ~ a, a | 1, a & 1, a # 1, a << 1 from app.t
select a between 1 and 2, a not between 1 and 2, a between symmetric 3 and 1, b ilike 'x', b not like 'y', b similar to 'z', b ~ 'q', b !~* 'q' from app.t
select a in (1, 2, 3), a not in (1, 2), b in ('x', 'y'), m in ('sad', 'ok') from app.t
select a is null, a is not null, bo is true, bo is not false, bo is unknown, a is distinct from 1, a is not distinct from id, t is null, t.* is not null from app.t
select not bo, bo and a > 1 or b = 'x', (bo or a > 1) and b = 'x', not (bo and bo) from app.t
select substring(b from 1 for 2), substring(b from 'a'), position('a' in b), trim(both 'x' from b), trim(b), overlay(b placing 'x' from 1), b collate "C", normalize(b), b is normalized from app.t
select * from app.t tablesample system (10) repeatable (1)
select * from only app.t
select a from app.t limit 5 offset 2
select a from app.t order by a fetch first 3 rows with ties
select a from app.t for update
select t.a from app.t, app.u for share of t skip locked
select "Odd Name", "select" from app.u
select u."Odd Name" as "select", u."select" as "from" from app.u u
select v.a from app.v_base v
select a, b from app.v_base where bo
select id, v from app."new"
select id, v from app."old"
select n.id from app."new" n, app."old" o where n.id = o.id
select n.id from app."new" n where exists (select 1 from app."old" where "old".id = n.id)
select new.id, old.v from app."new", app."old"
select t.id, t_1.id as id1 from app.t, app.t t_1
select x.id from app.t x, (select x.id from app.u x) y where x.id = y.id
select id from public.w
select public.w.id, w.grp from public.w
select w.grp, sum(w.val) from public.w group by w.grp order by sum(w.val) desc
select w.grp as val, sum(w.val) as grp from public.w group by w.grp order by w.grp
select grp, lag(val, 1, 0) over (partition by grp order by at) as prev, first_value(val) over (order by at groups 2 preceding) from public.w
select date_bin('15 minutes', d, timestamptz '2001-01-01') from app.t
select (d, i) overlaps (d, interval '1 day') from app.t
select a operator(pg_catalog.+) 1 from app.t
select count(distinct (a, b)) from app.t
select array_agg(t order by t.a) from app.t
select (array_agg(t order by t.a))[1] from app.t
select (select t) from app.t
select (select t.a) as z from app.t
select (with q as (select u.a from app.u where u.t_id = t.id) select max(q.a) from q) from app.t
select a from app.t where a = (select u.a from app.u where u.id = 1) order by (select count(*) from app.u)
select case when exists (select 1 from app.u) then 1 else 0 end
select array(select u.a from app.u order by u.a)
select x.a, count(*) over (partition by x.b) from (select t.a, u.b from app.t join app.u using (id)) x
select a from (app.t join app.u using (id, a)) as jj
select jj.a from (app.t join app.u using (id, a)) as jj
select t.a, u.a as ua, w.val from app.t join app.u on u.t_id = t.id left join public.w on w.id = u.id and w.grp = 'x'
select t.a from app.t join (app.u join public.w using (id)) on t.id = u.t_id
select t.id from app.t right join app.u u using (id) where u.a = 1
select a, sum(n) as total from app.t where bo group by a having sum(n) > 10 order by total desc
select a as "A" from app.t group by "A"
select 'a' || b || 'c' as s, format('%s', a) from app.t
select e'tab\t', U&'\0041', 'it''s', $$dollar$$
select b'101', x'1F', 1.5, 1e10, 9999999999, -5, (-5)::int2, 1::bigint, 1.0::float4, 'NaN'::float8, 'infinity'::timestamptz
select current_setting('x.y', true), pg_typeof(1), 'app.t'::regclass, 'app.f(int)'::regprocedure
select (c ->> 'n')::int as n, (c -> 'x' ->> 'y')::timestamptz from app.t where (c ->> 'k') is not null
select json_object_agg(b, a), jsonb_agg(distinct c), bool_and(bo), every(bo) from app.t
select txid_current() as id, random() as r
select t.a from app.t where t.m = 'happy' and t.m > 'sad'::app.mood
select t.a from app.t where t.b = any ('{x,y}'::text[]) and t.a = any (array[1,2])
select max(a) as max, a as min from app.t group by a order by max(a)
select id as a, a as id from app.t where id > 1 order by id
select -a as a from app.t order by a
select a from app.t group by a, b order by b
select distinct t.a, t.b from app.t order by t.b
select u.a from app.t join lateral app.srf(t.a) s(k, v) on s.k = t.id join app.u on u.a = s.k
select nullif(b, '') is not null and (a, id) > (1, 2) from app.t
