do $sbapply$
begin
  if not exists (
    select from supabase_migrations.schema_migrations as migration
    where migration.version operator(pg_catalog.=) {version}
      and migration.xmin operator(pg_catalog.=) pg_catalog.xid(pg_catalog.pg_current_xact_id())
  ) then
    raise exception using errcode = 'SBA10', message = 'the row of version ' operator(pg_catalog.||) {version}
      operator(pg_catalog.||) ' did not get into the history as it was written';
  end if;
end
$sbapply$;
