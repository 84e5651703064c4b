do $sbapply$
declare
  begun pg_catalog.bool;
begin
  select part.note operator(pg_catalog.?) 'begun'
  into begun
  from supabase_migrations.sbapply_units as part
  where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
  for update;
  if begun then
    raise exception using errcode = 'SBA03', message = 'version ' operator(pg_catalog.||) {version}
      operator(pg_catalog.||) ' has moved: its block has begun meanwhile';
  end if;
end
$sbapply$;
