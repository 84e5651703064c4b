select
  pg_catalog.current_setting('sbapply.history')::pg_catalog.jsonb as history,
  pg_catalog.current_setting('sbapply.units')::pg_catalog.jsonb as units,
  pg_catalog.current_setting('sbapply.tables')::pg_catalog.jsonb ? 'sbapply_units' as has_units,
  pg_catalog.current_setting('sbapply.tables')::pg_catalog.jsonb ? 'sbapply_pieces' as has_pieces,
  exists (
    select from pg_catalog.pg_namespace as space where space.nspname = 'supabase_migrations'
  ) as has_schema,
  pg_catalog.current_setting('sbapply.tables')::pg_catalog.jsonb ? 'schema_migrations' as has_table,
  array(
    select attribute.attname::pg_catalog.text
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_class as relation on relation.oid = attribute.attrelid
    join pg_catalog.pg_namespace as space on space.oid = relation.relnamespace
    where space.nspname = 'supabase_migrations'
      and relation.relname = 'schema_migrations'
      and attribute.attnum > 0
      and not attribute.attisdropped
    order by attribute.attnum
  ) as columns,
  pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as server_version,
  pg_catalog.current_setting('standard_conforming_strings') as standard_conforming_strings,
  current_user::pg_catalog.text as role,
  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) as server_time
