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
    from supabase_migrations.schema_migrations as migration
    where migration.version operator(pg_catalog.=) {version}
      and migration.xmin operator(pg_catalog.=) pg_catalog.xid(pg_catalog.pg_current_xact_id())
      and pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce((
        select pg_catalog.string_agg(
          pg_catalog.octet_length(stored.statement) operator(pg_catalog.||) ':' operator(pg_catalog.||) stored.statement,
          ',' order by stored.place
        )
        from pg_catalog.unnest(migration.statements) with ordinality as stored (statement, place)
      ), ''), 'UTF8')), 'hex') operator(pg_catalog.=) {digest};
  exception
    when undefined_table or invalid_schema_name or undefined_column then
      ours := false;
  end;
  if ours is not true then
    raise exception using errcode = 'SBA04', message = 'the migration removed or changed its own row in the history';
  end if;
end
$sbapply$;
commit;
