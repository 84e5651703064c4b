select
  {nonce}::pg_catalog.text as sbapply,
  (
    select coalesce(pg_catalog.jsonb_agg(migration.version), '[]')
    from supabase_migrations.schema_migrations as migration
    where migration.version operator(pg_catalog.=) any (array[{versions}]::pg_catalog.text[])
  ) as versions{parts};
