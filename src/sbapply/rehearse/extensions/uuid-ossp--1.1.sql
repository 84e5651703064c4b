-- The functions of uuid-ossp in SQL, for a Postgres built without it. Values of version 1 are of version 4 in
-- truth, which nobody can tell apart in a rehearsal; version 5 needs SHA-1, which the core does not have.

create function uuid_nil() returns uuid
language sql immutable strict parallel safe
return '00000000-0000-0000-0000-000000000000'::uuid;

create function uuid_ns_dns() returns uuid
language sql immutable strict parallel safe
return '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_url() returns uuid
language sql immutable strict parallel safe
return '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_oid() returns uuid
language sql immutable strict parallel safe
return '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_x500() returns uuid
language sql immutable strict parallel safe
return '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_generate_v1() returns uuid
language sql volatile strict parallel safe
return pg_catalog.gen_random_uuid();

create function uuid_generate_v1mc() returns uuid
language sql volatile strict parallel safe
return pg_catalog.gen_random_uuid();

create function uuid_generate_v3(namespace uuid, name text) returns uuid
language sql immutable strict parallel safe
as $$
  select pg_catalog.encode(
    pg_catalog.set_byte(
      pg_catalog.set_byte(hashed, 6, (pg_catalog.get_byte(hashed, 6) & 15) | 48),
      8, (pg_catalog.get_byte(hashed, 8) & 63) | 128
    ), 'hex')::uuid
  from pg_catalog.decode(
    pg_catalog.md5(pg_catalog.uuid_send(namespace) || pg_catalog.convert_to(name, 'UTF8')), 'hex') as hashed
$$;

create function uuid_generate_v4() returns uuid
language sql volatile strict parallel safe
return pg_catalog.gen_random_uuid();

create function uuid_generate_v5(namespace uuid, name text) returns uuid
language plpgsql immutable strict parallel safe
as $$
begin
  raise exception 'uuid_generate_v5 is not simulated by sbapply' using errcode = 'feature_not_supported';
end
$$;
