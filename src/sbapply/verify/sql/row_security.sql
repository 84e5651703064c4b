select asked.number,
       true as visible,
       case when c.oid is not null then pg_catalog.json_build_object(
         'enabled', c.relrowsecurity,
         'forced', c.relforcerowsecurity
       ) end as fact
from (@asked@) as asked (number, schema_name, table_name)
left join pg_catalog.pg_namespace n on n.nspname = asked.schema_name
left join pg_catalog.pg_class c
  on c.relnamespace = n.oid and c.relname = asked.table_name and c.relkind in ('r', 'p')
