;
set constraints all immediate;
reset role;
do $sbapply$
declare
  ours pg_catalog.bool := false;
begin
  begin
    select true
    into ours
    from supabase_migrations.sbapply_units as part
    where part.version operator(pg_catalog.=) {version}
      and part.unit operator(pg_catalog.=) {unit}
      and part.digest operator(pg_catalog.=) {digest}
      and part.xmin operator(pg_catalog.=) pg_catalog.xid(pg_catalog.pg_current_xact_id())
      and not exists (
        select from supabase_migrations.schema_migrations as migration
        where migration.version operator(pg_catalog.=) {version});
  exception
    when undefined_table or invalid_schema_name or undefined_column then
      ours := false;
  end;
  if ours is not true then
    raise exception using errcode = 'SBA04', message = 'the migration removed or changed the row of its part';
  end if;
end
$sbapply$;
commit;
-- A file that makes its later transactions read only must not keep our rows of its later parts from being written.
begin;
reset default_transaction_read_only;
commit;
