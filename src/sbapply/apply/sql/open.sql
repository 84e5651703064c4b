begin {options};
set local statement_timeout = {statement_timeout};
set local lock_timeout = {history_lock_timeout};
lock table supabase_migrations.schema_migrations in share row exclusive mode;
set local lock_timeout = {lock_timeout};
do $sbapply$
declare
  found_head pg_catalog.text;
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
end
$sbapply$;
insert into supabase_migrations.schema_migrations (version, name, statements)
values ({version}, {name}, {stored}::pg_catalog.text[])
on conflict (version) do nothing;
do $sbapply$
begin
  if not exists (
    select from supabase_migrations.schema_migrations as migration
    where migration.version operator(pg_catalog.=) {version}
      and migration.xmin operator(pg_catalog.=) pg_catalog.xid(pg_catalog.pg_current_xact_id())
  ) then
    raise exception using errcode = 'SBA01', message = 'version ' operator(pg_catalog.||) {version}
      operator(pg_catalog.||) ' is in the history already';
  end if;
end
$sbapply$;
