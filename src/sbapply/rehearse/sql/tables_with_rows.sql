-- Every table that may hold rows, with the columns whose values can be written back.
begin read only;
select n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
  (select pg_catalog.json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where (c.relkind = 'r' or (c.relkind = 'm' and c.relispopulated)) and c.relpersistence <> 't'
  and pg_catalog.pg_relation_size(c.oid) > 0
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'supabase_migrations')
order by c.oid;
rollback;
