select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8 as id,
       array[pg_catalog.format_type(t.trftype, null), l.lanname]::text[] as key,
       pg_catalog.json_build_object(
         'from_sql', nullif(t.trffromsql, 0)::pg_catalog.regprocedure,
         'to_sql', nullif(t.trftosql, 0)::pg_catalog.regprocedure
       ) as facts,
       coalesce('extension ' || m.extension, '') as belongs
from pg_catalog.pg_transform t
join pg_catalog.pg_language l on l.oid = t.trflang
left join member m on m.id = (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
