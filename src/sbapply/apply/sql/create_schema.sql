create schema supabase_migrations;
