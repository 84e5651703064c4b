select p.id, array[p.schema, t.tmplname]::text[] as key,
       pg_catalog.json_build_object(
         'init', nullif(t.tmplinit, 0)::pg_catalog.regproc,
         'lexize', t.tmpllexize::pg_catalog.regproc
       ) as facts,
       p.belongs
from pg_catalog.pg_ts_template t
join placed p on p.id = (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
