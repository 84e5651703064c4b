insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt, note)
values ({version}, {unit}, {reach}, {digest}, {attempt}, pg_catalog.jsonb_build_object('effect', {effect}, 'block', {block}));
