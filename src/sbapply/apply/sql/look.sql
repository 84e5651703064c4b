/* sbapply: look at what a statement that runs alone has come to; nothing is written */
begin isolation level read committed read only;
set local lock_timeout = '5s';
set local statement_timeout = '1min';
-- Where the role has it set, an error that is caught below would end the session.
set local exit_on_error = off;
-- The order matters: first who is at work, then, in a later snapshot, the effect.
do $sbapply$
begin
  perform pg_catalog.set_config('sbapply.alive', (
    select pg_catalog.count(*)::pg_catalog.text
    from pg_catalog.pg_stat_activity as session
    where session.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
      and session.state not in ('idle', 'idle in transaction', 'idle in transaction (aborted)')
      and pg_catalog.strpos(session.query, {marker_head} operator(pg_catalog.||) {marker_tail}) operator(pg_catalog.>) 0
  ), true);
  perform pg_catalog.set_config('sbapply.work', {work}, true);
end
$sbapply$;
do $sbapply$
declare
  target pg_catalog.oid;
  on_table pg_catalog.oid;
  usable pg_catalog.bool;
  definition pg_catalog.text;
  ours pg_catalog.bool := false;
  claimed pg_catalog.bool := false;
  begun pg_catalog.bool := false;
  ended pg_catalog.bool := false;
begin
  if pg_catalog.to_regclass('supabase_migrations.sbapply_units') is not null then
    select true, part.note operator(pg_catalog.?) 'begun', part.note operator(pg_catalog.?) 'ended'
    into claimed, begun, ended
    from supabase_migrations.sbapply_units as part
    where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
      and part.attempt operator(pg_catalog.=) {attempt} and part.finished_at is null;
  end if;
  -- Who is at work is read once in a transaction unless that is forgotten; a build can have begun since.
  perform pg_catalog.pg_stat_clear_snapshot();
  perform pg_catalog.set_config('sbapply.claimed', coalesce(claimed, false)::pg_catalog.text, true);
{find}
{define}
  if pg_catalog.to_regclass('supabase_migrations.sbapply_units') is not null then
    ours := exists (
      select from supabase_migrations.sbapply_units as part,
        pg_catalog.jsonb_array_elements(part.note operator(pg_catalog.->) 'given_up') as entry
      where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.<) 0
        and entry operator(pg_catalog.->>) 'schema' operator(pg_catalog.=) {schema}
        and entry operator(pg_catalog.->>) 'index' operator(pg_catalog.=) {index}
        and (entry operator(pg_catalog.->>) 'table')::pg_catalog.oid operator(pg_catalog.=) on_table
        and entry operator(pg_catalog.->>) 'definition' operator(pg_catalog.=) definition);
  end if;
  perform pg_catalog.set_config('sbapply.effect', pg_catalog.jsonb_build_object(
    'present', target is not null, 'valid', coalesce(usable, false), 'ours', ours,
    'begun', coalesce(begun, false), 'ended', coalesce(ended, false),
    'same', on_table operator(pg_catalog.=) {table} and definition operator(pg_catalog.=) {wanted},
    'building', exists (
      select from pg_catalog.pg_stat_progress_create_index as building
      where building.index_relid operator(pg_catalog.=) target),
    'index', target, 'making', exists (
      select from pg_catalog.pg_stat_progress_create_index as building
      join pg_catalog.pg_stat_activity as session on session.pid operator(pg_catalog.=) building.pid
      where building.index_relid operator(pg_catalog.=) target
        and pg_catalog.strpos(session.query, {marker_head} operator(pg_catalog.||) {marker_tail}) operator(pg_catalog.>) 0),
    -- Whoever is at work on the indexes of a table holds this lock on it.
    'left', (
      select pg_catalog.jsonb_agg(pg_catalog.format('%I.%I', space.nspname, relation.relname) order by relation.oid)
      from pg_catalog.pg_index as entry
      join pg_catalog.pg_class as relation on relation.oid operator(pg_catalog.=) entry.indexrelid
      join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
      where not entry.indisvalid and relation.relname operator(pg_catalog.~) '_cc(new|old)[0-9]*$'
        and not exists (
          select from pg_catalog.pg_locks as held
          where held.relation operator(pg_catalog.=) entry.indrelid and held.granted
            and held.mode operator(pg_catalog.=) 'ShareUpdateExclusiveLock'
            and held.database operator(pg_catalog.=) (
              select base.oid from pg_catalog.pg_database as base
              where base.datname operator(pg_catalog.=) pg_catalog.current_database())))
  )::pg_catalog.text, true);
end
$sbapply$;
select
  pg_catalog.current_setting('sbapply.alive')::pg_catalog.int4 as alive,
  pg_catalog.current_setting('sbapply.claimed')::pg_catalog.bool as claimed,
  pg_catalog.current_setting('sbapply.work')::pg_catalog.jsonb as work,
  pg_catalog.current_setting('sbapply.effect')::pg_catalog.jsonb as effect;
rollback;
