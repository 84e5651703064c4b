select (a.tableoid::pg_catalog.int8 << 32) + a.oid::pg_catalog.int8 as id, array[a.amname]::text[] as key,
       pg_catalog.json_build_object('type', a.amtype, 'handler', a.amhandler::pg_catalog.regproc) as facts,
       coalesce('extension ' || m.extension, '') as belongs
from pg_catalog.pg_am a
left join member m on m.id = (a.tableoid::pg_catalog.int8 << 32) + a.oid::pg_catalog.int8
where a.oid >= 16384
