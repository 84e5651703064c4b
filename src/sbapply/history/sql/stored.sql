/* sbapply: read the stored text of some versions; nothing is written */
set search_path = '';
select
  pg_catalog.to_jsonb(migration) ->> 'version' as version,
  pg_catalog.to_jsonb(migration) -> 'statements' as statements
from supabase_migrations.schema_migrations as migration
where migration.version in ({versions})
order by migration.version collate "C";
