update supabase_migrations.schema_migrations as migration
set version = pg_catalog.substr(migration.version, 9)
where pg_catalog.left(migration.version, 8) operator(pg_catalog.=) 'sbapply ';
