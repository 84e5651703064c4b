select (l.tableoid::pg_catalog.int8 << 32) + l.oid::pg_catalog.int8 as id, array[l.lanname]::text[] as key,
       pg_catalog.json_build_object(
         'trusted', l.lanpltrusted,
         'handler', nullif(l.lanplcallfoid, 0)::pg_catalog.regproc,
         'inline', nullif(l.laninline, 0)::pg_catalog.regproc,
         'validator', nullif(l.lanvalidator, 0)::pg_catalog.regproc
       ) as facts,
       coalesce('extension ' || m.extension, '') as belongs
from pg_catalog.pg_language l
left join member m on m.id = (l.tableoid::pg_catalog.int8 << 32) + l.oid::pg_catalog.int8
where l.lanispl and l.oid >= 16384
