select p.id, array[p.schema, d.dictname]::text[] as key,
       pg_catalog.json_build_object(
         'template', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.tmplname),
         'options', d.dictinitoption
       ) as facts,
       p.belongs
from pg_catalog.pg_ts_dict d
join placed p on p.id = (d.tableoid::pg_catalog.int8 << 32) + d.oid::pg_catalog.int8
join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate
join pg_catalog.pg_namespace n on n.oid = t.tmplnamespace
