create table supabase_migrations.schema_migrations (version text not null primary key, statements text[], name text);
