-- A row for each grantee whose privileges differ from what is there without a grant; none are a revoke. A full set
-- is ALL. MAINTAIN, which came with 17, is a fact of its own. Lists are alike many times over, so each is read once.
with entirety (type, privileges, newer) as materialized (
  select t.type, pg_catalog.array_agg(p.privilege_type order by p.privilege_type)
           filter (where p.privilege_type <> 'MAINTAIN'),
         pg_catalog.bool_or(p.privilege_type = 'MAINTAIN')
  from pg_catalog.unnest(array['r', 's', 'f', 'T', 'n', 'l', 'F', 'S', 'd']::"char"[]) as t (type)
  cross join lateral pg_catalog.aclexplode(pg_catalog.acldefault(t.type, 10::pg_catalog.oid)) as p
  where p.grantee <> 0
  group by t.type
  union all
  select 'c', array['INSERT', 'REFERENCES', 'SELECT', 'UPDATE'], false
),
list (type, owner, acl, base, acl_text, base_text) as materialized (
  select distinct on (l.type, l.owner, l.acl::text, l.base::text)
         l.type, l.owner, l.acl, coalesce(l.base, pg_catalog.acldefault(l.type, l.owner)), l.acl::text, l.base::text
  from listed l
  order by l.type, l.owner, l.acl::text, l.base::text
),
entry (type, owner, acl_text, base_text, grantee, facts, place, privileges, grantable, apart) as materialized (
  select l.type, l.owner, l.acl_text, l.base_text, n.name,
         pg_catalog.json_build_object(
           'privileges', s.privileges, 'grantable', s.grantable, 'maintain', s.maintain,
           'hints', pg_catalog.json_build_object('place', e.place)),
         e.place, s.privileges, s.grantable,
         e.apart or (p.oid is null and (l.type = 'd' or (e.grantee <> 0 and n.name <> 'postgres')))
  from list l
  join entirety t on t.type = l.type
  cross join lateral (
    select coalesce(h.grantee, b.grantee), coalesce(h.place, 0), coalesce(h.privileges, '{}'),
           coalesce(h.grantable, '{}'), coalesce(h.apart, false)
    from (
      select g.grantee, pg_catalog.min(g.place),
             pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type),
             pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type) filter (where g.is_grantable),
             pg_catalog.bool_or(g.grantor <> l.owner and pg_catalog.pg_get_userbyid(g.grantor) = 'postgres')
      from pg_catalog.aclexplode(l.acl) with ordinality as g (grantor, grantee, privilege_type, is_grantable, place)
      group by g.grantee
    ) as h (grantee, place, privileges, grantable, apart)
    full join (
      select g.grantee, pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type),
             pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type) filter (where g.is_grantable)
      from pg_catalog.aclexplode(l.base) as g
      group by g.grantee
    ) as b (grantee, privileges, grantable) on b.grantee = h.grantee
    where h.privileges is distinct from b.privileges or h.grantable is distinct from b.grantable
  ) as e (grantee, place, privileges, grantable, apart)
  cross join lateral (
    select case e.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(e.grantee)::text end
  ) as n (name)
  cross join lateral (
    select case when b.privileges = t.privileges then array['ALL'] else b.privileges end,
           case when b.grantable = t.privileges then array['ALL'] else b.grantable end,
           case when not t.newer then null when 'MAINTAIN' = any (e.grantable) then 'grantable'
             when 'MAINTAIN' = any (e.privileges) then 'granted' else 'none' end
    from (
      select pg_catalog.array_remove(e.privileges, 'MAINTAIN'), pg_catalog.array_remove(e.grantable, 'MAINTAIN')
    ) as b (privileges, grantable)
  ) as s (privileges, grantable, maintain)
  left join platform_role p on p.oid = e.grantee
)
select l.id, array[coalesce(a.attname, ''), e.grantee]::text[] as key,
       case when r.id is not null then e.facts else (
         select pg_catalog.json_build_object(
           'privileges', e.privileges, 'grantable', e.grantable, 'maintain', null,
           'hints', pg_catalog.json_build_object(
             'place', e.place, 'type', i.type, 'schema', i.schema, 'name', i.name, 'identity', i.identity))
         from pg_catalog.pg_identify_object(l.class, l.oid, 0) as i
       ) end as facts,
       case when e.apart or (l.type = 'n' and l.oid = (select s.oid from space s where s.name = 'public')) then '' else r.belongs end as belongs
from listed l
join entry e on e.type = l.type and e.owner = l.owner and e.acl_text = l.acl::text
  and coalesce(e.base_text, '') = coalesce(l.base::text, '')
left join relation r on r.id = l.id
left join pg_catalog.pg_attribute a
  on a.attrelid = l.oid and a.attnum = l.sub and l.sub <> 0
