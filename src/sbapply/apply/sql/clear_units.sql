delete from supabase_migrations.sbapply_units as part where part.version operator(pg_catalog.=) {version};
