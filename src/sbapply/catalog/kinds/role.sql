-- Passwords cannot be read; the roles of the cluster itself (pg_…) are in every one.
select ('pg_catalog.pg_authid'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8 << 32) + r.oid::pg_catalog.int8 as id,
       array[r.rolname::text] as key,
       pg_catalog.json_build_object(
         'superuser', r.rolsuper, 'inherit', r.rolinherit, 'createrole', r.rolcreaterole,
         'createdb', r.rolcreatedb, 'login', r.rolcanlogin, 'replication', r.rolreplication,
         'bypassrls', r.rolbypassrls, 'connections', r.rolconnlimit, 'valid_until', r.rolvaliduntil::text
       ) as facts,
       case when p.oid is not null or r.rolname = 'postgres' then 'platform' else '' end as belongs
from pg_catalog.pg_roles r
left join platform_role p on p.oid = r.oid
where r.oid >= 16384
