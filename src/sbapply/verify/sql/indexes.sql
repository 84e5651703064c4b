select asked.number,
       true as visible,
       case when i.indexrelid is not null then pg_catalog.json_build_object(
         'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
         'unique', i.indisunique,
         'valid', i.indisvalid
       ) end as fact
from (@asked@) as asked (number, schema_name, table_name, index_name)
left join pg_catalog.pg_namespace n on n.nspname = asked.schema_name
left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = asked.table_name
left join pg_catalog.pg_class x
  on x.relnamespace = n.oid and x.relname = asked.index_name and x.relkind in ('i', 'I')
left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indexrelid = x.oid
