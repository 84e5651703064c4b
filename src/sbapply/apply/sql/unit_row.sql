insert into supabase_migrations.sbapply_units (version, unit, reach, digest, finished_at)
values ({version}, {unit}, {reach}, {digest}, pg_catalog.clock_timestamp());
