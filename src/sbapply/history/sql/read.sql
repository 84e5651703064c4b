/* sbapply: read the history and the server's facts; nothing is written */
-- One snapshot for all of it: the last part of a migration writes its row and takes its parts away in one commit, which
-- two snapshots would see half of.
begin isolation level repeatable read read only;
-- The role's sessions may start with a search_path whose operators are not the catalog's.
set local search_path = '';
-- Nor is this to be cut short by the limit that a file gave to a statement that runs alone.
set local statement_timeout = '1min';
do $sbapply$
declare
  tables constant pg_catalog.name[] := array(
    select relation.relname
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
    where space.nspname operator(pg_catalog.=) 'supabase_migrations'
      and relation.relname in ('schema_migrations', 'sbapply_units', 'sbapply_pieces')
  );
  history pg_catalog.text := '[]';
  units pg_catalog.text := '[]';
begin
  if 'schema_migrations' operator(pg_catalog.=) any (tables) then
    -- Columns may be absent, so rows are read as JSON; texts can be megabytes, so only their digest travels.
    execute $sbapply_history$
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'version', entry ->> 'version',
        'name', entry ->> 'name',
        'digest', case when pg_catalog.jsonb_typeof(entry -> 'statements') = 'array' then (
          select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(
            pg_catalog.octet_length(stored.statement) || ':' || stored.statement, ',' order by stored.place
          ), ''), 'UTF8')), 'hex')
          from pg_catalog.jsonb_array_elements_text(entry -> 'statements') with ordinality as stored (statement, place)
        ) end
      ) order by entry ->> 'version' collate "C"), '[]')::pg_catalog.text
      from supabase_migrations.schema_migrations as migration,
        pg_catalog.to_jsonb(migration) as entry
    $sbapply_history$ into history;
  end if;
  if 'sbapply_units' operator(pg_catalog.=) any (tables) then
    execute $sbapply_units$
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'version', part.version, 'unit', part.unit, 'reach', part.reach, 'digest', part.digest,
        'attempt', part.attempt, 'note', part.note, 'finished', part.finished_at is not null
      ) order by part.version, part.unit), '[]')::pg_catalog.text
      from supabase_migrations.sbapply_units as part
    $sbapply_units$ into units;
  end if;
  perform pg_catalog.set_config('sbapply.tables', pg_catalog.to_jsonb(tables)::pg_catalog.text, true);
  perform pg_catalog.set_config('sbapply.history', history, true);
  perform pg_catalog.set_config('sbapply.units', units, true);
end
$sbapply$;
{select};
commit;
