alter table supabase_migrations.schema_migrations add column name text;
