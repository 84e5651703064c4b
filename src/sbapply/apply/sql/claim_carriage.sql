insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt)
values ({version}, 0, 0, {digest}, {attempt});
