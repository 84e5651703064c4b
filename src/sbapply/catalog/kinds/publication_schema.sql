select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8 as id,
       array[p.pubname, s.name]::text[] as key,
       pg_catalog.json_build_object() as facts,
       case when p.pubname = 'supabase_realtime_messages_publication' then 'platform' else '' end as belongs
from pg_catalog.pg_publication_namespace t
join pg_catalog.pg_publication p on p.oid = t.pnpubid
join space s on s.oid = t.pnnspid
