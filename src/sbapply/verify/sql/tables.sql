select asked.number,
       shown.table_name is not null or c.relkind = 'm' as visible,
       case when c.oid is not null then pg_catalog.json_build_object(
         'kind', case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                                when 'm' then 'materialized view' else 'foreign table' end,
         'unlogged', c.relpersistence = 'u',
         'partition_of', case when c.relispartition then (
           select i.inhparent::pg_catalog.regclass::text from pg_catalog.pg_inherits i where i.inhrelid = c.oid limit 1
         ) end,
         'partition_bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
         'partition_key', case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end
       ) end as fact
from (@asked@) as asked (number, schema_name, table_name)
left join pg_catalog.pg_namespace n on n.nspname = asked.schema_name
left join pg_catalog.pg_class c
  on c.relnamespace = n.oid and c.relname = asked.table_name and c.relkind in ('r', 'p', 'v', 'm', 'f')
left join information_schema.tables shown
  on shown.table_schema = asked.schema_name and shown.table_name = asked.table_name
