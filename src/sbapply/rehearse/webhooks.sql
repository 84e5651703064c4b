-- supabase_functions, which a project has once its database webhooks are switched on, and which triggers of pulled
-- schemas call. Facts are from supabase/postgres, 20240822021428_enable_webhooks_by_default.sql. Nothing is sent.

create schema supabase_functions;
grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on schema supabase_functions to supabase_functions_admin;
alter default privileges in schema supabase_functions grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges in schema supabase_functions
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges in schema supabase_functions
  grant all on sequences to postgres, anon, authenticated, service_role;

create table supabase_functions.migrations (
  version text not null primary key,
  inserted_at timestamptz not null default pg_catalog.now()
);
alter table supabase_functions.migrations owner to supabase_functions_admin;

create table supabase_functions.hooks (
  id bigserial primary key,
  hook_table_id integer not null,
  hook_name text not null,
  created_at timestamptz not null default pg_catalog.now(),
  request_id bigint
);
create index supabase_functions_hooks_request_id_idx on supabase_functions.hooks (request_id);
create index supabase_functions_hooks_h_table_id_h_name_idx on supabase_functions.hooks (hook_table_id, hook_name);
alter table supabase_functions.hooks owner to supabase_functions_admin;

-- Its arguments are url, method, headers, params and timeout in milliseconds. It keeps that it was called.
create function supabase_functions.http_request() returns trigger
language plpgsql security definer set search_path = supabase_functions
as $$
begin
  if coalesce(tg_argv[0], 'null') = 'null' then
    raise exception 'url argument is missing';
  end if;
  if coalesce(tg_argv[1], 'null') = 'null' then
    raise exception 'method argument is missing';
  end if;
  if tg_argv[1] not in ('GET', 'POST') then
    raise exception 'method argument % is invalid', tg_argv[1];
  end if;
  insert into supabase_functions.hooks (hook_table_id, hook_name) values (tg_relid::pg_catalog.int8, tg_name);
  return new;
end
$$;
alter function supabase_functions.http_request() owner to supabase_functions_admin;
revoke all on function supabase_functions.http_request() from public;
grant execute on function supabase_functions.http_request() to postgres, anon, authenticated, service_role;
grant supabase_functions_admin to postgres;
