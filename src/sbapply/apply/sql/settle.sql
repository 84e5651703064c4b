/* sbapply: find out what became of a request; nothing is written */
begin isolation level read committed read only;
-- The role's sessions may start with a search_path whose operators are not the catalog's.
set local search_path = '';
-- Nor is this to be cut short by the limit that a file gave to a statement that runs alone.
set local statement_timeout = '1min';
-- The order matters: first the clock, then who is still at work, then, in a later snapshot, the history. A request
-- that was admitted before its deadline is seen at work, or has ended before the history is read.
do $sbapply$
begin
  perform pg_catalog.set_config('sbapply.late', (
    pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) operator(pg_catalog.>) {deadline}::pg_catalog.float8
  )::pg_catalog.text, true);
end
$sbapply$;
do $sbapply$
begin
  -- The marker is put together here so that this request does not find itself.
  perform pg_catalog.set_config('sbapply.alive', (
    select pg_catalog.count(*)::pg_catalog.text
    from pg_catalog.pg_stat_activity as session
    where session.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
      and session.state not in ('idle', 'idle in transaction', 'idle in transaction (aborted)')
      and pg_catalog.strpos(session.query, {marker_head} operator(pg_catalog.||) {marker_tail}) operator(pg_catalog.>) 0
  ), true);
  perform pg_catalog.set_config('sbapply.rivals', (
    select pg_catalog.count(*)::pg_catalog.text
    from pg_catalog.pg_stat_activity as session
    where session.state operator(pg_catalog.=) 'active'
      and session.wait_event_type is distinct from 'Lock'
      and pg_catalog.strpos(session.query, '/* sbapply ' operator(pg_catalog.||) 'run=') operator(pg_catalog.=) 1
      and pg_catalog.strpos(session.query, {marker_head} operator(pg_catalog.||) {marker_tail}) operator(pg_catalog.=) 0
  ), true);
  perform pg_catalog.set_config('sbapply.work', {work}, true);
end
$sbapply$;
do $sbapply$
declare
  present pg_catalog.text := '''{}''';
  units pg_catalog.text := '''[]''';
  batches pg_catalog.text := '''[]''';
begin
  if pg_catalog.to_regclass({table}) is not null then
    present := $sbapply_history$
{present}    $sbapply_history$;
  end if;
  if pg_catalog.to_regclass('supabase_migrations.sbapply_units') is not null then
    units := $sbapply_units$
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'version', part.version, 'unit', part.unit, 'reach', part.reach, 'digest', part.digest,
        'attempt', part.attempt, 'note', part.note, 'finished', part.finished_at is not null
      )), '[]')::pg_catalog.text
      from supabase_migrations.sbapply_units as part
      where part.version in ({versions})
    $sbapply_units$;
  end if;
  if pg_catalog.to_regclass('supabase_migrations.sbapply_pieces') is not null then
    batches := $sbapply_pieces$
      select coalesce(pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_array(piece.attempt, piece.batch)), '[]')::pg_catalog.text
      from supabase_migrations.sbapply_pieces as piece
      where piece.attempt in ({attempts})
    $sbapply_pieces$;
  end if;
  -- One statement for all of it: the last part of a migration writes its row and takes its parts away in one commit,
  -- which two snapshots would see half of.
  execute pg_catalog.format('select (%s), (%s), (%s)', present, units, batches) into present, units, batches;
  perform pg_catalog.set_config('sbapply.present', present, true);
  perform pg_catalog.set_config('sbapply.units', units, true);
  perform pg_catalog.set_config('sbapply.batches', batches, true);
end
$sbapply$;
select
  pg_catalog.current_setting('sbapply.late')::pg_catalog.bool as late,
  pg_catalog.current_setting('sbapply.alive')::pg_catalog.int4 as alive,
  pg_catalog.current_setting('sbapply.rivals')::pg_catalog.int4 as rivals,
  pg_catalog.current_setting('sbapply.work')::pg_catalog.jsonb as work,
  pg_catalog.current_setting('sbapply.present')::pg_catalog.jsonb as present,
  pg_catalog.current_setting('sbapply.units')::pg_catalog.jsonb as units,
  pg_catalog.current_setting('sbapply.batches')::pg_catalog.jsonb as batches;
commit;
