-- What differs from what an object has anyway where it is for all schemas, else what is added in one.
select (d.tableoid::pg_catalog.int8 << 32) + d.oid::pg_catalog.int8 as id,
       array[pg_catalog.pg_get_userbyid(d.defaclrole), coalesce(s.name, ''),
             case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
               when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
             case e.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(e.grantee) end]::text[] as key,
       pg_catalog.json_build_object(
         'privileges', case when b.privileges = t.privileges then array['ALL'] else b.privileges end,
         'grantable', case when b.grantable = t.privileges then array['ALL'] else b.grantable end,
         'maintain', case when not t.newer then null when 'MAINTAIN' = any (e.grantable) then 'grantable'
           when 'MAINTAIN' = any (e.privileges) then 'granted' else 'none' end,
         'hints', pg_catalog.json_build_object('place', e.place)
       ) as facts,
       case when p.oid is null then '' else 'platform' end as belongs
from pg_catalog.pg_default_acl d
left join space s on s.oid = d.defaclnamespace
left join platform_role p on p.oid = d.defaclrole
cross join lateral (
  select pg_catalog.array_agg(g.privilege_type order by g.privilege_type)
           filter (where g.privilege_type <> 'MAINTAIN'),
         pg_catalog.bool_or(g.privilege_type = 'MAINTAIN')
  from pg_catalog.aclexplode(pg_catalog.acldefault(
    case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end::"char", d.defaclrole)) as g
  where g.grantee <> 0
) as t (privileges, newer)
cross join lateral (
  select coalesce(h.grantee, b.grantee), coalesce(h.place, 0), coalesce(h.privileges, '{}'),
         coalesce(h.grantable, '{}')
  from (
    select g.grantee, pg_catalog.min(g.place),
           pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type),
           pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type) filter (where g.is_grantable)
    from pg_catalog.aclexplode(d.defaclacl) with ordinality as g (grantor, grantee, privilege_type, is_grantable, place)
    group by g.grantee
  ) as h (grantee, place, privileges, grantable)
  full join (
    select g.grantee, pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type),
           pg_catalog.array_agg(distinct g.privilege_type order by g.privilege_type) filter (where g.is_grantable)
    from pg_catalog.aclexplode(case d.defaclnamespace when 0 then pg_catalog.acldefault(
      case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end::"char", d.defaclrole) end) as g
    group by g.grantee
  ) as b (grantee, privileges, grantable) on b.grantee = h.grantee
  where h.privileges is distinct from b.privileges or h.grantable is distinct from b.grantable
) as e (grantee, place, privileges, grantable)
cross join lateral (
  select pg_catalog.array_remove(e.privileges, 'MAINTAIN'), pg_catalog.array_remove(e.grantable, 'MAINTAIN')
) as b (privileges, grantable)
