select p.id, array[p.schema, t.prsname]::text[] as key,
       pg_catalog.json_build_object(
         'start', t.prsstart::pg_catalog.regproc,
         'token', t.prstoken::pg_catalog.regproc,
         'end', t.prsend::pg_catalog.regproc,
         'headline', nullif(t.prsheadline, 0)::pg_catalog.regproc,
         'token_types', t.prslextype::pg_catalog.regproc
       ) as facts,
       p.belongs
from pg_catalog.pg_ts_parser t
join placed p on p.id = (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
