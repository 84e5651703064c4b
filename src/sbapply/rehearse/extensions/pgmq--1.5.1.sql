-- The queues of pgmq, in the names and shapes of its 1.5: queues are tables, and messages are kept in them.
-- Partitioned queues are there by name only; they need pg_partman.

create table pgmq.meta (
  queue_name varchar not null unique,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz not null default pg_catalog.now()
);

create type pgmq.message_record as (
  msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb
);
create type pgmq.queue_record as (
  queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz
);
create type pgmq.metrics_result as (
  queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer,
  total_messages bigint, scrape_time timestamptz, queue_visible_length bigint
);

create function pgmq.acquire_queue_lock(queue_name text) returns void
language sql
as $$ select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pgmq.queue_' || queue_name)) $$;

create function pgmq.validate_queue_name(queue_name text) returns void
language plpgsql
as $$
begin
  if pg_catalog.length(queue_name) >= 48 then
    raise exception 'queue name is too long, maximum length is 48 characters';
  end if;
end
$$;

create function pgmq.format_table_name(queue_name text, prefix text) returns text
language plpgsql
as $$
begin
  if queue_name ~ '\$|;|--|''' then
    raise exception 'queue name contains invalid characters: $, ;, --, or \''';
  end if;
  return pg_catalog.lower(prefix || '_' || queue_name);
end
$$;

-- Queues -----------------------------------------------------------------------------------------------------

create function pgmq._belongs_to_pgmq(table_name text) returns boolean
language sql stable
as $$
  select exists (
    select from pg_catalog.pg_depend as dependency
      join pg_catalog.pg_extension as extension
        on dependency.refclassid = 'pg_catalog.pg_extension'::regclass and dependency.refobjid = extension.oid
    where extension.extname = 'pgmq' and dependency.deptype = 'e'
      and dependency.classid = 'pg_catalog.pg_class'::regclass
      and dependency.objid = pg_catalog.to_regclass(pg_catalog.format('pgmq.%I', table_name)))
$$;

create function pgmq._make(queue_name text, unlogged boolean) returns void
language plpgsql
as $$
declare
  queue constant text := pgmq.format_table_name(queue_name, 'q');
  archive constant text := pgmq.format_table_name(queue_name, 'a');
  part record;
begin
  perform pgmq.validate_queue_name(queue_name);
  perform pgmq.acquire_queue_lock(queue_name);
  execute pg_catalog.format(
    'create %s table if not exists pgmq.%I ('
    '  msg_id bigint primary key generated always as identity, read_ct integer default 0 not null,'
    '  enqueued_at timestamptz default pg_catalog.now() not null, vt timestamptz not null, message jsonb,'
    '  headers jsonb)', case when unlogged then 'unlogged' else '' end, queue);
  execute pg_catalog.format(
    'create table if not exists pgmq.%I ('
    '  msg_id bigint primary key, read_ct integer default 0 not null,'
    '  enqueued_at timestamptz default pg_catalog.now() not null,'
    '  archived_at timestamptz default pg_catalog.now() not null, vt timestamptz not null, message jsonb,'
    '  headers jsonb)', archive);
  for part in
    values ('table', queue), ('sequence', queue || '_msg_id_seq'), ('table', archive)
  loop
    if not pgmq._belongs_to_pgmq(part.column2) then
      execute pg_catalog.format('alter extension pgmq add %s pgmq.%I', part.column1, part.column2);
    end if;
  end loop;
  execute pg_catalog.format('create index if not exists %I on pgmq.%I (vt)', queue || '_vt_idx', queue);
  execute pg_catalog.format(
    'create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged)
  values (_make.queue_name, false, unlogged) on conflict do nothing;
end
$$;

create function pgmq.create_non_partitioned(queue_name text) returns void
language sql
as $$ select pgmq._make(queue_name, false) $$;

create function pgmq.create_unlogged(queue_name text) returns void
language sql
as $$ select pgmq._make(queue_name, true) $$;

create function pgmq.create(queue_name text) returns void
language sql
as $$ select pgmq._make(queue_name, false) $$;

create function pgmq.create_partitioned(
  queue_name text, partition_interval text default '10000', retention_interval text default '100000'
) returns void
language plpgsql
as $$
begin
  raise exception 'pg_partman is required for partitioned queues';
end
$$;

create function pgmq.drop_queue(queue_name text) returns boolean
language plpgsql
as $$
declare
  queue constant text := pgmq.format_table_name(queue_name, 'q');
  archive constant text := pgmq.format_table_name(queue_name, 'a');
begin
  execute pg_catalog.format('alter extension pgmq drop table pgmq.%I', queue);
  execute pg_catalog.format('alter extension pgmq drop sequence pgmq.%I', queue || '_msg_id_seq');
  execute pg_catalog.format('alter extension pgmq drop table pgmq.%I', archive);
  execute pg_catalog.format('drop table if exists pgmq.%I, pgmq.%I', queue, archive);
  delete from pgmq.meta where meta.queue_name = drop_queue.queue_name;
  return true;
end
$$;

create function pgmq.drop_queue(queue_name text, partitioned boolean) returns boolean
language sql
as $$ select pgmq.drop_queue(queue_name) $$;

create function pgmq.purge_queue(queue_name text) returns bigint
language plpgsql
as $$
declare
  queue constant text := pgmq.format_table_name(queue_name, 'q');
  purged bigint;
begin
  execute pg_catalog.format('select pg_catalog.count(*) from pgmq.%I', queue) into purged;
  execute pg_catalog.format('truncate pgmq.%I', queue);
  return purged;
end
$$;

create function pgmq.detach_archive(queue_name text) returns void
language plpgsql
as $$
begin
  execute pg_catalog.format('alter extension pgmq drop table pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
end
$$;

create function pgmq.list_queues() returns setof pgmq.queue_record
language sql
as $$ select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta $$;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result
language plpgsql
as $$
declare
  found pgmq.metrics_result;
begin
  execute pg_catalog.format(
    'select %L::text, pg_catalog.count(*),'
    '  extract(epoch from (pg_catalog.now() - pg_catalog.max(enqueued_at)))::integer,'
    '  extract(epoch from (pg_catalog.now() - pg_catalog.min(enqueued_at)))::integer,'
    '  (select case when is_called then last_value else 0 end from pgmq.%I), pg_catalog.now(),'
    '  pg_catalog.count(*) filter (where vt <= pg_catalog.now()) from pgmq.%I',
    queue_name, pgmq.format_table_name(queue_name, 'q') || '_msg_id_seq', pgmq.format_table_name(queue_name, 'q'))
  into found;
  return found;
end
$$;

create function pgmq.metrics_all() returns setof pgmq.metrics_result
language sql
as $$ select (pgmq.metrics(queue_name)).* from pgmq.meta $$;

-- Messages ---------------------------------------------------------------------------------------------------

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz)
returns setof bigint
language plpgsql
as $$
begin
  return query execute pg_catalog.format(
    'insert into pgmq.%I (vt, message, headers)'
    ' select $2, message, header from unnest($1, $3) as each (message, header) returning msg_id',
    pgmq.format_table_name(queue_name, 'q'))
  using msgs, delay, coalesce(headers, '{}');
end
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint
language sql
as $$ select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], pg_catalog.clock_timestamp()) $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint
language sql
as $$ select * from pgmq.send_batch(queue_name, msgs, headers, pg_catalog.clock_timestamp()) $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint
language sql
as $$
  select * from pgmq.send_batch(
    queue_name, msgs, null::jsonb[], pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay))
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint
language sql
as $$ select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], delay) $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer)
returns setof bigint
language sql
as $$
  select * from pgmq.send_batch(
    queue_name, msgs, headers, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay))
$$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) returns setof bigint
language sql
as $$ select * from pgmq.send_batch(queue_name, array[msg], array[headers], delay) $$;

create function pgmq.send(queue_name text, msg jsonb) returns setof bigint
language sql
as $$ select * from pgmq.send(queue_name, msg, null::jsonb, pg_catalog.clock_timestamp()) $$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint
language sql
as $$ select * from pgmq.send(queue_name, msg, headers, pg_catalog.clock_timestamp()) $$;

create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint
language sql
as $$
  select * from pgmq.send(
    queue_name, msg, null::jsonb, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay))
$$;

create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint
language sql
as $$ select * from pgmq.send(queue_name, msg, null::jsonb, delay) $$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint
language sql
as $$
  select * from pgmq.send(
    queue_name, msg, headers, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay))
$$;

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}')
returns setof pgmq.message_record
language plpgsql
as $$
begin
  return query execute pg_catalog.format(
    'with chosen as ('
    '  select msg_id from pgmq.%1$I where vt <= pg_catalog.clock_timestamp() and message @> $3'
    '  order by msg_id limit $1 for update skip locked)'
    ' update pgmq.%1$I as queue'
    ' set vt = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $2), read_ct = read_ct + 1'
    ' from chosen where queue.msg_id = chosen.msg_id'
    ' returning queue.msg_id, read_ct, enqueued_at, queue.vt, message, headers',
    pgmq.format_table_name(queue_name, 'q'))
  using qty, vt, conditional;
end
$$;

create function pgmq.read_with_poll(
  queue_name text, vt integer, qty integer, max_poll_seconds integer default 5,
  poll_interval_ms integer default 100, conditional jsonb default '{}'
) returns setof pgmq.message_record
language plpgsql
as $$
declare
  until constant timestamptz :=
    pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => max_poll_seconds);
begin
  loop
    return query select * from pgmq.read(queue_name, vt, qty, conditional);
    if found or pg_catalog.clock_timestamp() >= until then
      return;
    end if;
    perform pg_catalog.pg_sleep(poll_interval_ms / 1000.0);
  end loop;
end
$$;

create function pgmq.pop(queue_name text) returns setof pgmq.message_record
language plpgsql
as $$
begin
  return query execute pg_catalog.format(
    'delete from pgmq.%1$I where msg_id = ('
    '  select msg_id from pgmq.%1$I where vt <= pg_catalog.clock_timestamp()'
    '  order by msg_id limit 1 for update skip locked)'
    ' returning msg_id, read_ct, enqueued_at, vt, message, headers',
    pgmq.format_table_name(queue_name, 'q'));
end
$$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record
language plpgsql
as $$
begin
  return query execute pg_catalog.format(
    'update pgmq.%I set vt = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $2)'
    ' where msg_id = $1 returning msg_id, read_ct, enqueued_at, vt, message, headers',
    pgmq.format_table_name(queue_name, 'q'))
  using msg_id, vt;
end
$$;

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql
as $$
begin
  return query execute pg_catalog.format(
    'delete from pgmq.%I where msg_id = any ($1) returning msg_id', pgmq.format_table_name(queue_name, 'q'))
  using msg_ids;
end
$$;

create function pgmq.delete(queue_name text, msg_id bigint) returns boolean
language sql
as $$ select exists (select from pgmq.delete(queue_name, array[msg_id])) $$;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql
as $$
begin
  return query execute pg_catalog.format(
    'with gone as ('
    '  delete from pgmq.%I where msg_id = any ($1)'
    '  returning msg_id, vt, read_ct, enqueued_at, message, headers)'
    ' insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers)'
    ' select msg_id, vt, read_ct, enqueued_at, message, headers from gone returning msg_id',
    pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'))
  using msg_ids;
end
$$;

create function pgmq.archive(queue_name text, msg_id bigint) returns boolean
language sql
as $$ select exists (select from pgmq.archive(queue_name, array[msg_id])) $$;

-- The platform hands all of it to postgres when the extension is made.
alter schema pgmq owner to postgres;
alter table pgmq.meta owner to postgres;
alter type pgmq.message_record owner to postgres;
alter type pgmq.queue_record owner to postgres;
alter type pgmq.metrics_result owner to postgres;
do $$
declare
  each record;
begin
  for each in select oid from pg_catalog.pg_proc where pronamespace = 'pgmq'::regnamespace loop
    execute pg_catalog.format('alter function %s owner to postgres', each.oid::regprocedure);
  end loop;
end
$$;
grant usage on schema pgmq to pg_monitor;
grant select on pgmq.meta to pg_monitor;
