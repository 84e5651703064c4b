-- initdb's own comment on the schema public is none, and none there is '', as pg_dump has it. What an extension
-- brought carries that extension's comments.
select coalesce(t.id, d.id), array[coalesce(a.attname, '')]::text[] as key,
       pg_catalog.json_build_object('comment', d.description, 'hints', case when r.id is null then pg_catalog.to_json(i) end) as facts,
       case when i.type = 'schema' and i.identity = 'public' then '' else r.belongs end as belongs
from (
  select (d.classoid::pg_catalog.int8 << 32) + d.objoid::pg_catalog.int8, d.classoid, d.objoid, d.objsubid,
         d.description
  from pg_catalog.pg_description d
  where d.objoid >= 16384
  union all
  select n.id, 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 0, coalesce(d.description, '')
  from space n
  left join pg_catalog.pg_description d
    on d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.objoid = n.oid and d.objsubid = 0
  where n.name = 'public' and n.oid < 16384 and d.description is distinct from 'standard public schema'
  union all
  select (d.classoid::pg_catalog.int8 << 32) + d.objoid::pg_catalog.int8, d.classoid, d.objoid, 0, d.description
  from pg_catalog.pg_shdescription d
  left join pg_catalog.pg_database b on b.oid = d.objoid and d.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
  where d.objoid >= 16384 and (b.oid is null or b.datname = pg_catalog.current_database())
) as d (id, classoid, objoid, objsubid, description)
left join member m on m.id = d.id
left join relation r on r.id = d.id
left join pg_catalog.pg_class c
  on c.oid = d.objoid and c.relkind = 'c' and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
left join (
  select t.oid, (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8 from pg_catalog.pg_type t
) as t (oid, id) on t.oid = c.reltype
left join pg_catalog.pg_attribute a
  on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and a.attrelid = d.objoid and a.attnum = d.objsubid
    and d.objsubid <> 0
left join pg_catalog.pg_extension e
  on e.oid = d.objoid and d.classoid = 'pg_catalog.pg_extension'::pg_catalog.regclass
left join pg_catalog.pg_available_extensions() x (name, default_version, comment)
  on x.name = e.extname
left join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) as i on r.id is null
where m.id is null and (e.oid is null or x.comment is distinct from d.description)
