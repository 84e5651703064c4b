alter table supabase_migrations.schema_migrations add column statements text[];
