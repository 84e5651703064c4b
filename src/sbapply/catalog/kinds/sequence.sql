select r.id, array[r.schema::text, r.name::text] as key,
       pg_catalog.json_build_object(
         'type', pg_catalog.format_type(q.seqtypid, null), 'start', q.seqstart::text, 'increment', q.seqincrement::text,
         'minimum', q.seqmin::text, 'maximum', q.seqmax::text, 'cache', q.seqcache::text, 'cycle', q.seqcycle,
         'unlogged', r.persistence = 'u', 'owned_by', o.owned_by
       ) as facts,
       r.belongs
from relation r
join pg_catalog.pg_sequence q on q.seqrelid = r.oid
left join (
  select d.objid, pg_catalog.json_build_array(n.nspname, c.relname, a.attname) as owned_by
  from pg_catalog.pg_depend d
  join pg_catalog.pg_class c on c.oid = d.refobjid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.deptype = 'a'
) o on o.objid = r.oid
-- That of an identity column is told with the column.
where r.kind = 'S' and r.oid not in (select i.sequence from identity_sequence i)
