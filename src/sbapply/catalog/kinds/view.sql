select r.id, array[r.schema::text, r.name::text] as key,
       pg_catalog.json_build_object(
         'definition', pg_catalog.pg_get_viewdef(r.oid), 'options', c.reloptions,
         'columns', (
           select pg_catalog.json_agg(pg_catalog.json_build_array(
             a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
             case when a.attcollation <> t.typcollation then a.attcollation::pg_catalog.regcollation::text end
           ) order by a.attnum)
           from pg_catalog.pg_attribute a
           join pg_catalog.pg_type t on t.oid = a.atttypid
           where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
         )
       ) as facts, r.belongs
from relation r
join pg_catalog.pg_class c on c.oid = r.oid
where r.kind = 'v'
