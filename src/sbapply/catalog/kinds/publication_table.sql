select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8 as id,
       array[p.pubname, r.schema, r.name]::text[] as key,
       pg_catalog.json_build_object(
         'columns', (
           select pg_catalog.json_agg(a.attname order by a.attnum)
           from pg_catalog.pg_attribute a
           where a.attrelid = t.prrelid and a.attnum = any (t.prattrs)
         ),
         'where', pg_catalog.pg_get_expr(t.prqual, t.prrelid)
       ) as facts,
       case when p.pubname = 'supabase_realtime_messages_publication' then 'platform' else '' end as belongs
from pg_catalog.pg_publication_rel t
join pg_catalog.pg_publication p on p.oid = t.prpubid
join relation r on r.oid = t.prrelid
