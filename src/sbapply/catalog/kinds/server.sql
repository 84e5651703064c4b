-- The value of an option that sounds like a secret is not read.
select (s.tableoid::pg_catalog.int8 << 32) + s.oid::pg_catalog.int8 as id, array[s.srvname]::text[] as key,
       pg_catalog.json_build_object(
         'wrapper', w.fdwname,
         'type', s.srvtype,
         'version', s.srvversion,
         'options', (
           select pg_catalog.json_object_agg(o.option_name, o.option_value order by o.option_name)
           from pg_catalog.pg_options_to_table(s.srvoptions) as o
           where o.option_name !~ k.name and o.option_value !~ k.value
         ),
         'withheld', (
           select pg_catalog.json_agg(o.option_name order by o.option_name)
           from pg_catalog.pg_options_to_table(s.srvoptions) as o
           where o.option_name ~ k.name or o.option_value ~ k.value
         )
       ) as facts,
       coalesce('extension ' || m.extension, '') as belongs
from pg_catalog.pg_foreign_server s
join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
cross join confidential k
left join member m on m.id = (s.tableoid::pg_catalog.int8 << 32) + s.oid::pg_catalog.int8
