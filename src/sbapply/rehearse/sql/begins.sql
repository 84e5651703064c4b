select migration.version, migration.xmin::text as xid
from supabase_migrations.schema_migrations as migration
