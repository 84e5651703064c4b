delete from supabase_migrations.schema_migrations as migration where migration.version operator(pg_catalog.=) {version};
