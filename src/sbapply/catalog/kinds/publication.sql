-- The platform's own are that as long as they are as it made them.
select (p.tableoid::pg_catalog.int8 << 32) + p.oid::pg_catalog.int8 as id, array[p.pubname]::text[] as key,
       pg_catalog.json_build_object(
         'all_tables', p.puballtables,
         'operations', pg_catalog.array_remove(array[
           case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
           case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end], null),
         'via_root', p.pubviaroot,
         'generated_columns', coalesce(pg_catalog.to_jsonb(p) ->> 'pubgencols', 'n')
       ) as facts,
       case
         when m.extension is not null then 'extension ' || m.extension
         when p.pubname = 'supabase_realtime_messages_publication' then 'platform'
         when p.pubname = 'supabase_realtime' and not p.puballtables and p.pubinsert and p.pubupdate
           and p.pubdelete and p.pubtruncate and not p.pubviaroot
           and coalesce(pg_catalog.to_jsonb(p) ->> 'pubgencols', 'n') = 'n' then 'platform'
         else ''
       end as belongs
from pg_catalog.pg_publication p
left join member m on m.id = (p.tableoid::pg_catalog.int8 << 32) + p.oid::pg_catalog.int8
