select asked.number,
       shown.column_name is not null or c.relkind = 'm' as visible,
       case when a.attname is not null then pg_catalog.json_build_object(
         'data_type', shown.data_type,
         'udt', shown.udt_schema || '.' || shown.udt_name,
         'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
         'is_nullable', coalesce(
           shown.is_nullable,
           case when a.attnotnull or (t.typtype = 'd' and t.typnotnull) then 'NO' else 'YES' end
         ),
         'column_default', case
           when shown.column_name is not null then shown.column_default
           when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid)
         end,
         -- Partitions have the identity of their parent from 17 on, and none before.
         'identity', case when not c.relispartition then
           case a.attidentity when 'a' then 'ALWAYS' when 'd' then 'BY DEFAULT' end
         end,
         'generated', case a.attgenerated when 's' then 'STORED' when 'v' then 'VIRTUAL' end,
         'generation_expression', case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
         'collation', case when a.attcollation <> t.typcollation then a.attcollation::pg_catalog.regcollation::text end
       ) end as fact
from (@asked@) as asked (number, schema_name, table_name, column_name)
left join pg_catalog.pg_namespace n on n.nspname = asked.schema_name
left join pg_catalog.pg_class c
  on c.relnamespace = n.oid and c.relname = asked.table_name and c.relkind in ('r', 'p', 'v', 'm', 'f')
left join pg_catalog.pg_attribute a
  on a.attrelid = c.oid and a.attname = asked.column_name and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join information_schema.columns shown
  on shown.table_schema = asked.schema_name and shown.table_name = asked.table_name
    and shown.column_name = asked.column_name
