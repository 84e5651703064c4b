begin {options};
-- Waiting for somebody else is bounded by the lock's timeout alone.
set local statement_timeout = 0;
set local lock_timeout = {history_lock_timeout};
do $sbapply$
begin
  -- Whatever goes wrong in here is not the file's fault, so it comes back under a name of its own.
  if pg_catalog.to_regnamespace('supabase_migrations') is null then
    create schema supabase_migrations;
  end if;
  if pg_catalog.to_regclass({table_name}) is null then
    create table {table} (path text not null primary key, hash text not null);
  end if;
exception
  when duplicate_schema or duplicate_table or duplicate_object or unique_violation then
    raise exception using errcode = 'SBA05', detail = {nonce}, message = 'somebody else made the table meanwhile';
  when lock_not_available or deadlock_detected or serialization_failure then
    raise;
  when others then
    raise exception using errcode = 'SBA06', detail = {nonce}, message = sqlerrm;
end
$sbapply$;
lock table {table} in share row exclusive mode;
set local statement_timeout = {statement_timeout};
set local lock_timeout = {lock_timeout};
do $sbapply$
begin
  if {stands_against} then
    raise exception using errcode = 'SBA03', detail = {nonce},
      message = 'somebody else ran this file, or noted it, since that was read';
  end if;
end
$sbapply$;
insert into {table} as entry (path, hash) values ({path}, {hash}) on conflict (path) do update set hash = {kept};
