-- A hypertable stays one table here, with what its making adds to it: the column that must not be null and the index.
-- (docs.timescale.com/api/latest/hypertable/create_hypertable_old: arguments, the index's order, unique indexes.)
create function @extschema@.create_hypertable(
  relation regclass, time_column_name name, partitioning_column name default null,
  number_partitions integer default null, associated_schema_name name default null,
  associated_table_prefix name default null, chunk_time_interval anyelement default null::bigint,
  create_default_indexes boolean default true, if_not_exists boolean default false,
  partitioning_func regproc default null, migrate_data boolean default false, chunk_target_size text default null,
  chunk_sizing_func regproc default null, time_partitioning_func regproc default null
) returns table (hypertable_id integer, schema_name name, table_name name, created boolean)
language plpgsql set search_path = '' as $$
declare
  column_number smallint;
  unguarded name;
begin
  select space.nspname, entry.relname into schema_name, table_name
  from pg_catalog.pg_class as entry
  join pg_catalog.pg_namespace as space on space.oid = entry.relnamespace
  where entry.oid = relation;
  select attribute.attnum into column_number
  from pg_catalog.pg_attribute as attribute
  where attribute.attrelid = relation and attribute.attname = time_column_name and not attribute.attisdropped;
  if column_number is null then
    raise exception using errcode = '42703', message = format('column "%s" does not exist', time_column_name);
  end if;
  select index_entry.relname into unguarded
  from pg_catalog.pg_index as index_row
  join pg_catalog.pg_class as index_entry on index_entry.oid = index_row.indexrelid
  where index_row.indrelid = relation and index_row.indisunique and column_number <> all (index_row.indkey::smallint[])
  limit 1;
  if unguarded is not null then
    raise exception using errcode = 'TS103', message = format(
      'cannot create a unique index without the column "%s" (used in partitioning)', time_column_name);
  end if;
  execute format('alter table %s alter column %I set not null', relation, time_column_name);
  if create_default_indexes and not exists (
    select from pg_catalog.pg_index as index_row
    where index_row.indrelid = relation and index_row.indkey[0] = column_number
  ) then
    execute format('create index %I on %s (%I desc)',
      pg_catalog.left(format('%s_%s_idx', table_name, time_column_name), 63), relation, time_column_name);
  end if;
  hypertable_id := 1;
  created := true;
  return next;
end $$;

-- Weeks begin on the Monday 2000-01-03, months on 2000-01-01 (docs.timescale.com/api/latest/hyperfunctions/time_bucket).
create function @extschema@.time_bucket(bucket_width interval, ts timestamptz) returns timestamptz
language sql immutable parallel safe strict set search_path = '' as $$
  select (case
    when months > 0 then date_trunc('month', ts) - make_interval(months => mod(mod(
      (date_part('year', ts)::integer - 2000) * 12 + date_part('month', ts)::integer - 1, months) + months, months))
    else date_bin(bucket_width, ts, timestamptz '2000-01-03 00:00:00+00')
  end)
  from (values ((date_part('year', bucket_width) * 12 + date_part('month', bucket_width))::integer)) as width (months)
$$;
create function @extschema@.time_bucket(bucket_width interval, ts timestamp) returns timestamp
language sql immutable parallel safe strict set search_path = '' as $$
  select (case
    when months > 0 then date_trunc('month', ts) - make_interval(months => mod(mod(
      (date_part('year', ts)::integer - 2000) * 12 + date_part('month', ts)::integer - 1, months) + months, months))
    else date_bin(bucket_width, ts, timestamp '2000-01-03')
  end)
  from (values ((date_part('year', bucket_width) * 12 + date_part('month', bucket_width))::integer)) as width (months)
$$;
create function @extschema@.time_bucket(bucket_width interval, ts date) returns date
language sql immutable parallel safe strict set search_path = '' as $$
  select (case
    when months > 0 then date_trunc('month', ts::timestamp) - make_interval(months => mod(mod(
      (date_part('year', ts)::integer - 2000) * 12 + date_part('month', ts)::integer - 1, months) + months, months))
    else date_bin(bucket_width, ts::timestamp, timestamp '2000-01-03')
  end)::date
  from (values ((date_part('year', bucket_width) * 12 + date_part('month', bucket_width))::integer)) as width (months)
$$;
create function @extschema@.time_bucket(bucket_width bigint, ts bigint) returns bigint
language sql immutable parallel safe strict set search_path = '' as $$
  select floor(ts::numeric / bucket_width)::bigint * bucket_width
$$;

-- Policies are jobs of a scheduler that is not here; they are taken and do nothing.
create function @extschema@.add_retention_policy(
  relation regclass, drop_after interval, if_not_exists boolean default false, schedule_interval interval default null,
  initial_start timestamptz default null, timezone text default null
) returns integer language sql as 'select 1000';
create function @extschema@.add_compression_policy(
  hypertable regclass, compress_after interval, if_not_exists boolean default false,
  schedule_interval interval default null, initial_start timestamptz default null, timezone text default null
) returns integer language sql as 'select 1001';
create function @extschema@.remove_retention_policy(relation regclass, if_exists boolean default false)
returns void language sql as '';
create function @extschema@.remove_compression_policy(hypertable regclass, if_exists boolean default false)
returns boolean language sql as 'select true';
create function @extschema@.set_chunk_time_interval(
  hypertable regclass, chunk_time_interval anyelement, dimension_name name default null
) returns void language sql as '';
