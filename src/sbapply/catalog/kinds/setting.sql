-- What alter role and alter database set: for a role or '' for all, in this 'database' or '' for every one. Those
-- that the platform sets are its own as long as they hold what it gave them.
select null::pg_catalog.int8 as id, array[s.role, s.place, s.name]::text[] as key,
       pg_catalog.json_build_object('value', s.value) as facts,
       case
         when s.role ~ '^(supabase_|pg_)' or s.role in ('dashboard_user', 'pgbouncer', 'pgsodium_keyiduser', 'cli_login_postgres')
           or (s.role, s.name, s.value) in (
                ('postgres', 'search_path', '"\$user", public, extensions'),
                ('anon', 'statement_timeout', '3s'),
                ('authenticated', 'statement_timeout', '8s'),
                ('authenticator', 'statement_timeout', '8s'),
                ('authenticator', 'lock_timeout', '8s'),
                ('authenticator', 'session_preload_libraries', 'safeupdate'),
                ('authenticator', 'session_preload_libraries', 'supautils, safeupdate'),
                ('', 'app.settings.jwt_exp', '3600'))
           or (s.role = '' and s.name in ('app.settings.jwt_secret', 'app.settings.jwt_exp'))
           then 'platform'
         else ''
       end as belongs
from (
  select coalesce(r.rolname, '')::text, case when d.setdatabase = 0 then '' else 'database' end,
         pg_catalog.split_part(c.item, '=', 1), pg_catalog.substr(c.item, pg_catalog.strpos(c.item, '=') + 1)
  from pg_catalog.pg_db_role_setting d
  left join pg_catalog.pg_roles r on r.oid = d.setrole
  left join pg_catalog.pg_database b on b.oid = d.setdatabase
  cross join lateral pg_catalog.unnest(d.setconfig) as c (item)
  where (d.setdatabase = 0 or b.datname = pg_catalog.current_database()) and (d.setrole = 0 or r.oid is not null)
) as s (role, place, name, value)
