begin;
-- Waiting for somebody else is bounded by the lock's timeout alone.
set local statement_timeout = 0;
set local lock_timeout = {history_lock_timeout};
{creation}lock table supabase_migrations.schema_migrations in share row exclusive mode;
set local statement_timeout = {statement_timeout};
do $sbapply$
declare
  found_units pg_catalog.text;
begin
  if {head} operator(pg_catalog.<>) {before} then
    raise exception using errcode = 'SBA03', detail = {nonce}, message = 'the history is not the one that was read';
  end if;
  if pg_catalog.to_regclass('supabase_migrations.sbapply_units') is not null then
    select pg_catalog.string_agg(
      pg_catalog.concat(part.version, ':', part.unit, ':', part.digest, ':', part.attempt, ':',
        (part.finished_at is not null)::pg_catalog.text),
      ',' order by part.version collate pg_catalog."C", part.unit
    )
    into found_units
    from supabase_migrations.sbapply_units as part
    where part.version operator(pg_catalog.=) any (array[{touched}]::pg_catalog.text[]);
  end if;
  if coalesce(found_units, '') operator(pg_catalog.<>) {units} then
    raise exception using errcode = 'SBA03', detail = {nonce},
      message = 'somebody else got on with a version that is to change';
  end if;
end
$sbapply$;
