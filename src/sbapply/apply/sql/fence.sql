begin {options};
-- The file's own limits do not count while somebody else is at work on the history.
set local statement_timeout = 0;
set local lock_timeout = {history_lock_timeout};
lock table supabase_migrations.schema_migrations in share row exclusive mode;
set local statement_timeout = {statement_timeout};
set local lock_timeout = {lock_timeout};
do $sbapply$
declare
  found_head pg_catalog.text;
  found_units pg_catalog.text;
begin
  select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(
    pg_catalog.octet_length(migration.version) operator(pg_catalog.||) ':' operator(pg_catalog.||) migration.version,
    ',' order by migration.version collate pg_catalog."C"
  ), ''), 'UTF8')), 'hex')
  into found_head
  from supabase_migrations.schema_migrations as migration
  where migration.version operator(pg_catalog.<>) {version};
  if exists (
    select from supabase_migrations.schema_migrations as migration
    where migration.version operator(pg_catalog.=) {version}
  ) then
    raise exception using errcode = 'SBA01', message = 'version ' operator(pg_catalog.||) {version}
      operator(pg_catalog.||) ' is in the history already';
  end if;
  if found_head operator(pg_catalog.<>) {head} then
    raise exception using errcode = 'SBA03', message = 'the history is not the one that version '
      operator(pg_catalog.||) {version} operator(pg_catalog.||) ' was planned against';
  end if;
  if pg_catalog.to_regclass('supabase_migrations.sbapply_units') is not null then
    select pg_catalog.string_agg(
      pg_catalog.concat(part.unit, ':', part.digest, ':', part.attempt, ':', (part.finished_at is not null)::pg_catalog.text),
      ',' order by part.unit
    )
    into found_units
    from supabase_migrations.sbapply_units as part
    where part.version operator(pg_catalog.=) {version};
  end if;
  if coalesce(found_units, '') operator(pg_catalog.<>) {progress} then
    raise exception using errcode = 'SBA03', message = 'somebody else got on with version '
      operator(pg_catalog.||) {version};
  end if;
end
$sbapply$;
