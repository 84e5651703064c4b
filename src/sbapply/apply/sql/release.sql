delete from supabase_migrations.sbapply_units as part
where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit};
commit;
