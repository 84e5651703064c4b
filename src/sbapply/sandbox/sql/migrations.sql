/* sandbox: the rows of the history; nothing is written. The column name may be absent. */
select
  to_jsonb(migration) ->> 'version' as version,
  to_jsonb(migration) ->> 'name' as name
from supabase_migrations.schema_migrations as migration
order by migration.version collate "C";
