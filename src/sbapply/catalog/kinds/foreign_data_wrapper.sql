select (w.tableoid::pg_catalog.int8 << 32) + w.oid::pg_catalog.int8 as id, array[w.fdwname]::text[] as key,
       pg_catalog.json_build_object(
         'handler', nullif(w.fdwhandler, 0)::pg_catalog.regproc,
         'validator', nullif(w.fdwvalidator, 0)::pg_catalog.regproc,
         'options', (
           select pg_catalog.json_object_agg(o.option_name, o.option_value order by o.option_name)
           from pg_catalog.pg_options_to_table(w.fdwoptions) as o
         )
       ) as facts,
       coalesce('extension ' || m.extension, '') as belongs
from pg_catalog.pg_foreign_data_wrapper w
left join member m on m.id = (w.tableoid::pg_catalog.int8 << 32) + w.oid::pg_catalog.int8
