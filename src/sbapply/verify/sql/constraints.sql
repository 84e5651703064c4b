select asked.number,
       -- information_schema has no exclusion constraints.
       shown.constraint_name is not null or k.contype = 'x' as visible,
       case when k.oid is not null then pg_catalog.json_build_object(
         'type', case k.contype when 'c' then 'CHECK' when 'p' then 'PRIMARY KEY' when 'u' then 'UNIQUE'
                                when 'f' then 'FOREIGN KEY' else 'EXCLUDE' end,
         'definition', pg_catalog.pg_get_constraintdef(k.oid),
         'validated', k.convalidated
       ) end as fact
from (@asked@) as asked (number, schema_name, table_name, constraint_name)
left join pg_catalog.pg_namespace n on n.nspname = asked.schema_name
left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = asked.table_name
left join pg_catalog.pg_constraint k
  on k.conrelid = c.oid and k.conname = asked.constraint_name and k.contype in ('c', 'p', 'u', 'x', 'f')
left join information_schema.table_constraints shown
  on shown.table_schema = asked.schema_name and shown.table_name = asked.table_name
    and shown.constraint_name = asked.constraint_name
