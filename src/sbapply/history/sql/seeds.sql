/* sbapply: read which seeds are noted; nothing is written */
begin isolation level read committed read only;
set local search_path = '';
do $sbapply$
declare
  seeds pg_catalog.text := '{}';
begin
  if pg_catalog.to_regclass('supabase_migrations.seed_files') is not null then
    execute $sbapply_seeds$
      select coalesce(pg_catalog.jsonb_object_agg(entry.path, entry.hash), '{}')::pg_catalog.text
      from supabase_migrations.seed_files as entry
    $sbapply_seeds$ into seeds;
  end if;
  perform pg_catalog.set_config('sbapply.seeds', seeds, true);
end
$sbapply$;
select pg_catalog.current_setting('sbapply.seeds')::pg_catalog.jsonb as seeds;
commit;
