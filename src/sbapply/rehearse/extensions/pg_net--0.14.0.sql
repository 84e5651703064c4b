-- The functions of pg_net that migrations call, by name: a request gets its number and is not sent.

create schema net;
create sequence net.http_request_queue_id_seq;

create table net.http_request_queue (
  id bigint not null default pg_catalog.nextval('net.http_request_queue_id_seq'),
  method text not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);

create table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default pg_catalog.now()
);

create function net.http_get(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000
) returns bigint
language sql volatile security definer set search_path = ''
as $$ select pg_catalog.nextval('net.http_request_queue_id_seq') $$;

create function net.http_post(
  url text, body jsonb default '{}', params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000
) returns bigint
language sql volatile security definer set search_path = ''
as $$ select pg_catalog.nextval('net.http_request_queue_id_seq') $$;

create function net.http_delete(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000,
  body jsonb default null
) returns bigint
language sql volatile security definer set search_path = ''
as $$ select pg_catalog.nextval('net.http_request_queue_id_seq') $$;

grant usage on schema net to postgres, anon, authenticated, service_role, supabase_functions_admin;
