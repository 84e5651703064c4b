select c.oid::pg_catalog.int8 as oid, n.nspname as schema, c.relname as name, c.relfilenode::pg_catalog.int8 as file
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm')
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'supabase_migrations')
  and n.nspname !~ '^pg_(toast_)?temp_'
