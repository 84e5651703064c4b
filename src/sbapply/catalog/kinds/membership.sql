-- Before 16 a member inherits as its role says, and SET is always there; from 16 on each grant says so itself. What
-- 16 grants to whoever creates a role, so that he can administer it, is no grant that anybody wrote.
select null::pg_catalog.int8 as id, array[g.role, g.member]::text[] as key,
       pg_catalog.json_build_object(
         'admin', pg_catalog.bool_or(g.admin), 'inherit', pg_catalog.bool_or(g.inherit),
         'set', pg_catalog.bool_or(g.set)) as facts,
       case
         when g.member = 'postgres' and pg_catalog.bool_or(g.known) then 'platform'
         when g.member ~ '^(supabase_|pg_|sbapply_)' or g.member in ('dashboard_user', 'pgbouncer', 'cli_login_postgres')
           then 'platform'
         when g.member = 'authenticator' and g.role in ('anon', 'authenticated', 'service_role', 'supabase_storage_admin')
           then 'platform'
         else ''
       end as belongs
from (
  select pg_catalog.pg_get_userbyid(m.roleid)::text, r.rolname::text, m.admin_option,
         coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool, r.rolinherit),
         coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::pg_catalog.bool, true),
         m.roleid < 16384 or p.oid is not null
  from pg_catalog.pg_auth_members m
  join pg_catalog.pg_roles r on r.oid = m.member
  left join platform_role p on p.oid = m.roleid
  where r.oid >= 16384
    and not (m.admin_option and m.grantor = 10
             and (pg_catalog.to_jsonb(m) ->> 'inherit_option') is not distinct from 'false'
             and (pg_catalog.to_jsonb(m) ->> 'set_option') is not distinct from 'false')
) as g (role, member, admin, inherit, set, known)
group by g.role, g.member
