update supabase_migrations.sbapply_units as part
set finished_at = pg_catalog.clock_timestamp(), digest = {digest}, reach = {reach}
where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit};
