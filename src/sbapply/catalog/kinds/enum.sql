select t.id, array[t.schema::text, t.name::text] as key,
       pg_catalog.json_build_object('labels', (
         select coalesce(pg_catalog.json_agg(e.enumlabel order by e.enumsortorder), '[]')
         from pg_catalog.pg_enum e where e.enumtypid = t.oid
       )) as facts,
       t.belongs
from typed t
where t.kind = 'e'
