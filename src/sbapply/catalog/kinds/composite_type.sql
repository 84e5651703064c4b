select t.id, array[t.schema::text, t.name::text] as key,
       pg_catalog.json_build_object('attributes', (
         select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
           'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
           'collation', case when a.attcollation <> b.typcollation then a.attcollation::pg_catalog.regcollation::text end
         ) order by a.attnum), '[]')
         from pg_catalog.pg_attribute a
         join pg_catalog.pg_type b on b.oid = a.atttypid
         where a.attrelid = y.typrelid and a.attnum > 0 and not a.attisdropped
       )) as facts,
       t.belongs
from typed t
join pg_catalog.pg_type y on y.oid = t.oid
where t.kind = 'c'
