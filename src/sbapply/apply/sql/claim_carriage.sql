insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt, note)
values ({version}, 0, 0, {digest}, {attempt}, pg_catalog.jsonb_build_object('cut', {cut}));
