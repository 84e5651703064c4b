select p.id, array[p.schema, c.conname]::text[] as key,
       pg_catalog.json_build_object(
         'from', pg_catalog.pg_encoding_to_char(c.conforencoding),
         'to', pg_catalog.pg_encoding_to_char(c.contoencoding),
         'function', c.conproc::pg_catalog.regproc,
         'default', c.condefault
       ) as facts,
       p.belongs
from pg_catalog.pg_conversion c
join placed p on p.id = (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
