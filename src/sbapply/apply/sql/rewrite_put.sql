insert into supabase_migrations.schema_migrations (version, name, statements)
values ({version}, {name}, {stored}::pg_catalog.text[])
on conflict (version) do update set name = excluded.name, statements = excluded.statements;
