-- The functions of pgcrypto that migrations call most, in SQL, for a Postgres built without OpenSSL. Digests are
-- right; crypt() answers what crypt() answered before for the same password, but not with bcrypt's value; what
-- encrypts is there by name only and says so when called.

create function gen_random_uuid() returns uuid
language sql volatile parallel safe
return pg_catalog.gen_random_uuid();

create function gen_random_bytes(integer) returns bytea
language plpgsql volatile strict parallel safe
as $$
declare
  bytes bytea := '';
begin
  if $1 < 1 or $1 > 1024 then
    raise exception 'Length not in range' using errcode = 'external_routine_invocation_exception';
  end if;
  while pg_catalog.length(bytes) < $1 loop
    bytes := bytes || pg_catalog.sha256(
      pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
  end loop;
  return pg_catalog.substr(bytes, 1, $1);
end
$$;

create function digest(bytea, text) returns bytea
language plpgsql immutable strict parallel safe
as $$
begin
  case pg_catalog.lower($2)
    when 'md5' then return pg_catalog.decode(pg_catalog.md5($1), 'hex');
    when 'sha224' then return pg_catalog.sha224($1);
    when 'sha256' then return pg_catalog.sha256($1);
    when 'sha384' then return pg_catalog.sha384($1);
    when 'sha512' then return pg_catalog.sha512($1);
    when 'sha1' then
      raise exception 'digest(…, ''sha1'') is not simulated by sbapply' using errcode = 'feature_not_supported';
    else
      raise exception 'Cannot use "%": No such hash algorithm', $2 using errcode = 'invalid_parameter_value';
  end case;
end
$$;

create function digest(text, text) returns bytea
language sql immutable strict parallel safe
return @extschema@.digest(pg_catalog.convert_to($1, 'UTF8'), $2);

create function hmac(bytea, bytea, text) returns bytea
language plpgsql immutable strict parallel safe
as $$
declare
  block constant integer := case when pg_catalog.lower($3) in ('sha384', 'sha512') then 128 else 64 end;
  key bytea := case when pg_catalog.length($2) > block then @extschema@.digest($2, $3) else $2 end;
  inner_pad bytea;
  outer_pad bytea;
begin
  key := key || pg_catalog.decode(pg_catalog.repeat('00', block - pg_catalog.length(key)), 'hex');
  inner_pad := key;
  outer_pad := key;
  for i in 0..block - 1 loop
    inner_pad := pg_catalog.set_byte(inner_pad, i, pg_catalog.get_byte(key, i) # 54);
    outer_pad := pg_catalog.set_byte(outer_pad, i, pg_catalog.get_byte(key, i) # 92);
  end loop;
  return @extschema@.digest(outer_pad || @extschema@.digest(inner_pad || $1, $3), $3);
end
$$;

create function hmac(text, text, text) returns bytea
language sql immutable strict parallel safe
return @extschema@.hmac(pg_catalog.convert_to($1, 'UTF8'), pg_catalog.convert_to($2, 'UTF8'), $3);

create function gen_salt(text, integer) returns text
language sql volatile strict parallel safe
return '$2a$' || pg_catalog.lpad($2::text, 2, '0') || '$'
  || pg_catalog.substr(pg_catalog.encode(@extschema@.gen_random_bytes(16), 'hex'), 1, 22);

create function gen_salt(text) returns text
language sql volatile strict parallel safe
return @extschema@.gen_salt($1, 6);

create function crypt(text, text) returns text
language sql immutable strict parallel safe
return pg_catalog.substr($2, 1, 29) || pg_catalog.substr(
  pg_catalog.encode(pg_catalog.sha256(
    pg_catalog.convert_to(pg_catalog.substr($2, 1, 29) || $1, 'UTF8')), 'hex'), 1, 31);

create function pgp_sym_encrypt(text, text) returns bytea
language plpgsql volatile strict parallel safe
as $$
begin
  raise exception 'pgp_sym_encrypt is not simulated by sbapply' using errcode = 'feature_not_supported';
end
$$;

create function pgp_sym_encrypt(text, text, text) returns bytea
language plpgsql volatile strict parallel safe
as $$
begin
  raise exception 'pgp_sym_encrypt is not simulated by sbapply' using errcode = 'feature_not_supported';
end
$$;

create function pgp_sym_decrypt(bytea, text) returns text
language plpgsql immutable strict parallel safe
as $$
begin
  raise exception 'pgp_sym_decrypt is not simulated by sbapply' using errcode = 'feature_not_supported';
end
$$;

create function pgp_sym_decrypt(bytea, text, text) returns text
language plpgsql immutable strict parallel safe
as $$
begin
  raise exception 'pgp_sym_decrypt is not simulated by sbapply' using errcode = 'feature_not_supported';
end
$$;

create function encrypt(bytea, bytea, text) returns bytea
language plpgsql immutable strict parallel safe
as $$
begin
  raise exception 'encrypt is not simulated by sbapply' using errcode = 'feature_not_supported';
end
$$;

create function decrypt(bytea, bytea, text) returns bytea
language plpgsql immutable strict parallel safe
as $$
begin
  raise exception 'decrypt is not simulated by sbapply' using errcode = 'feature_not_supported';
end
$$;
