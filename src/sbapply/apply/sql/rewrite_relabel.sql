-- In two steps: the version that one row gives up may be the one that another gets.
update supabase_migrations.schema_migrations as migration
set version = 'sbapply ' operator(pg_catalog.||) pair.to_version, name = pair.name
from (values {pairs}) as pair (version, to_version, name)
where migration.version operator(pg_catalog.=) pair.version;
