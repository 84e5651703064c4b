select (e.tableoid::pg_catalog.int8 << 32) + e.oid::pg_catalog.int8 as id, array[e.evtname]::text[] as key,
       pg_catalog.json_build_object(
         'event', e.evtevent,
         'tags', e.evttags,
         'function', e.evtfoid::pg_catalog.regproc,
         'enabled', e.evtenabled
       ) as facts,
       case
         when m.extension is not null then 'extension ' || m.extension
         when f.belongs = 'platform' then f.belongs
         else ''
       end as belongs
from pg_catalog.pg_event_trigger e
left join routine f on f.oid = e.evtfoid
left join member m on m.id = (e.tableoid::pg_catalog.int8 << 32) + e.oid::pg_catalog.int8
