begin;
reset all;
reset session authorization;
reset role;
close all;
unlisten *;
deallocate all;
discard temp;
select pg_catalog.pg_advisory_unlock_all();
{plain_session}do $sbapply$
begin
  if not exists (
    select from supabase_migrations.schema_migrations as migration
    where migration.version operator(pg_catalog.=) {version}
  ) then
    raise exception using errcode = 'SBA09', message = 'the migration removed its own row when it was committed';
  end if;
end
$sbapply$;
commit;
