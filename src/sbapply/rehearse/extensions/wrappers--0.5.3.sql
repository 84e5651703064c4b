-- What wrappers brings, by name. CREATE FOREIGN DATA WRAPPER takes a superuser, which postgres is on the platform
-- for this statement and not here, so the wrappers stand ready under the names of the platform's own pages; their
-- foreign tables can be made and not be read.

create table wrappers_fdw_stats (
  fdw_name text not null primary key,
  create_times bigint,
  rows_in bigint,
  rows_out bigint,
  bytes_in bigint,
  bytes_out bigint,
  metadata jsonb,
  created_at timestamptz not null default pg_catalog.now(),
  updated_at timestamptz not null default pg_catalog.now()
);
grant all on wrappers_fdw_stats to postgres with grant option;

do $$
declare
  kind text;
begin
  foreach kind in array array[
    'airtable', 'auth0', 'bigquery', 'clickhouse', 'cognito', 'firebase', 'iceberg', 'logflare', 'mssql', 'redis',
    's3', 's3_vectors', 'stripe', 'wasm'
  ] loop
    execute pg_catalog.format('create foreign data wrapper %I', kind || '_wrapper');
    execute pg_catalog.format('grant usage on foreign data wrapper %I to postgres with grant option', kind || '_wrapper');
  end loop;
end
$$;
