-- The functions of pgjwt, with what pgcrypto's stand-in can sign.

create function url_encode(data bytea) returns text
language sql immutable
as $$ select pg_catalog.rtrim(pg_catalog.translate(pg_catalog.encode(data, 'base64'), E'+/\n', '-_'), '=') $$;

create function url_decode(data text) returns bytea
language sql immutable
as $$
  select pg_catalog.decode(
    pg_catalog.rpad(
      pg_catalog.translate(data, '-_', '+/'), (pg_catalog.length(data) + 3) / 4 * 4, '='), 'base64')
$$;

create function algorithm_sign(signables text, secret text, algorithm text) returns text
language sql immutable
as $$
  select url_encode(hmac(signables, secret, case algorithm
    when 'HS256' then 'sha256' when 'HS384' then 'sha384' when 'HS512' then 'sha512' else '' end))
$$;

create function sign(payload json, secret text, algorithm text default 'HS256') returns text
language sql immutable
as $$
  select signables || '.' || algorithm_sign(signables, secret, algorithm)
  from (
    select url_encode(pg_catalog.convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'utf8')) || '.'
      || url_encode(pg_catalog.convert_to(payload::text, 'utf8')) as signables
  ) as text
$$;

create function try_cast_double(inp text) returns double precision
language plpgsql immutable
as $$
begin
  return inp::double precision;
exception
  when others then
    return null;
end
$$;

create function verify(token text, secret text, algorithm text default 'HS256')
returns table (header json, payload json, valid boolean)
language sql immutable
as $$
  select pg_catalog.convert_from(url_decode(parts[1]), 'utf8')::json,
    pg_catalog.convert_from(url_decode(parts[2]), 'utf8')::json,
    parts[3] = algorithm_sign(parts[1] || '.' || parts[2], secret, algorithm)
  from pg_catalog.regexp_split_to_array(token, '\.') as parts
$$;
