-- The types and functions of http by name: whoever calls one is told that nothing is sent.

create domain http_method as text;
create domain content_type as text check (value ~ '^\S+\/\S+');
create type http_header as (field varchar, value varchar);
create type http_response as (status integer, content_type varchar, headers http_header[], content varchar);
create type http_request as (
  method http_method, uri varchar, headers http_header[], content_type varchar, content varchar
);

create function http_header(field varchar, value varchar) returns http_header
language sql
as $$ select $1, $2 $$;

create function http_set_curlopt(curlopt varchar, value varchar) returns boolean
language sql
as $$ select true $$;

create function http_reset_curlopt() returns boolean
language sql
as $$ select true $$;

create function http(request http_request) returns http_response
language plpgsql
as $$
begin
  raise exception 'http is not simulated by sbapply: % % is not sent', request.method, request.uri
    using errcode = 'feature_not_supported';
end
$$;

create function http_get(uri varchar) returns http_response
language sql
as $$ select @extschema@.http(('GET', $1, null, null, null)::@extschema@.http_request) $$;

create function http_get(uri varchar, data jsonb) returns http_response
language sql
as $$ select @extschema@.http(('GET', $1, null, null, null)::@extschema@.http_request) $$;

create function http_head(uri varchar) returns http_response
language sql
as $$ select @extschema@.http(('HEAD', $1, null, null, null)::@extschema@.http_request) $$;

create function http_post(uri varchar, content varchar, content_type varchar) returns http_response
language sql
as $$ select @extschema@.http(('POST', $1, null, $3, $2)::@extschema@.http_request) $$;

create function http_post(uri varchar, data jsonb) returns http_response
language sql
as $$ select @extschema@.http(('POST', $1, null, null, null)::@extschema@.http_request) $$;

create function http_put(uri varchar, content varchar, content_type varchar) returns http_response
language sql
as $$ select @extschema@.http(('PUT', $1, null, $3, $2)::@extschema@.http_request) $$;

create function http_patch(uri varchar, content varchar, content_type varchar) returns http_response
language sql
as $$ select @extschema@.http(('PATCH', $1, null, $3, $2)::@extschema@.http_request) $$;

create function http_delete(uri varchar) returns http_response
language sql
as $$ select @extschema@.http(('DELETE', $1, null, null, null)::@extschema@.http_request) $$;

create function http_delete(uri varchar, content varchar, content_type varchar) returns http_response
language sql
as $$ select @extschema@.http(('DELETE', $1, null, $3, $2)::@extschema@.http_request) $$;

create function urlencode(string bytea) returns text
language sql immutable strict
as $$
  select coalesce(pg_catalog.string_agg(
    case
      when pg_catalog.chr(octet) ~ '[A-Za-z0-9_.~-]' and octet < 128 then pg_catalog.chr(octet)
      else '%' || pg_catalog.upper(pg_catalog.lpad(pg_catalog.to_hex(octet), 2, '0'))
    end, '' order by position), '')
  from pg_catalog.generate_series(0, pg_catalog.length($1) - 1) as position,
    lateral (select pg_catalog.get_byte($1, position) as octet) as one
$$;

create function urlencode(string varchar) returns text
language sql immutable strict
as $$ select @extschema@.urlencode(pg_catalog.convert_to($1, 'UTF8')) $$;

create function urlencode(data jsonb) returns text
language sql immutable strict
as $$
  select pg_catalog.string_agg(
    @extschema@.urlencode(key::varchar) || '=' || @extschema@.urlencode(value::varchar), '&')
  from pg_catalog.jsonb_each_text($1)
$$;

create function text_to_bytea(data text) returns bytea
language sql immutable strict
as $$ select pg_catalog.convert_to($1, 'UTF8') $$;

create function bytea_to_text(data bytea) returns text
language sql immutable strict
as $$ select pg_catalog.convert_from($1, 'UTF8') $$;
