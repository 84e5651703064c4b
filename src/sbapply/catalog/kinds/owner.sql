-- Of what postgres owns, of what an extension brought and of public as initdb leaves it nothing is said; an owned sequence goes with its table.
select o.id, array['']::text[] as key,
       pg_catalog.json_build_object(
         'owner', pg_catalog.pg_get_userbyid(o.owner),
         'hints', case when r.id is null then pg_catalog.to_json(a) end
       ) as facts,
       case when a.type = 'schema' and a.identity = 'public' then '' end as belongs
from owned o
left join member m on m.id = o.id
left join (
  select d.objid
  from pg_catalog.pg_depend d
  join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid <> 0
) as p on p.objid = o.oid and o.class = 'pg_catalog.pg_class'::pg_catalog.regclass
left join relation r on r.id = o.id
left join lateral pg_catalog.pg_identify_object(o.class, o.oid, 0) as a on r.id is null
where m.id is null and p.objid is null
  and (pg_catalog.pg_get_userbyid(o.owner) <> 'postgres' or (a.type = 'schema' and a.identity = 'public'))
  and (a.type = 'schema' and a.identity = 'public' and pg_catalog.pg_get_userbyid(o.owner) = 'pg_database_owner') is not true
