-- Postgres shows the options to the user whose they are, and those of all users to the server's owner. The value of
-- one that sounds like a secret is not read, by whomever.
select ('pg_catalog.pg_user_mapping'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8 << 32)
         + u.umid::pg_catalog.int8 as id,
       array[u.srvname, u.usename]::text[] as key,
       pg_catalog.json_build_object(
         'readable', u.umoptions is not null or u.usename = current_user
           or (u.umuser = 0 and pg_catalog.pg_has_role(s.srvowner, 'usage')) or r.rolsuper,
         'options', (
           select pg_catalog.json_object_agg(o.option_name, o.option_value order by o.option_name)
           from pg_catalog.pg_options_to_table(u.umoptions) as o
           where o.option_name !~ k.name and o.option_value !~ k.value
         ),
         'withheld', (
           select pg_catalog.json_agg(o.option_name order by o.option_name)
           from pg_catalog.pg_options_to_table(u.umoptions) as o
           where o.option_name ~ k.name or o.option_value ~ k.value
         )
       ) as facts,
       coalesce('extension ' || m.extension, '') as belongs
from pg_catalog.pg_user_mappings u
join pg_catalog.pg_foreign_server s on s.oid = u.srvid
join pg_catalog.pg_roles r on r.rolname = current_user
cross join confidential k
left join member m on m.id = ('pg_catalog.pg_user_mapping'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8 << 32)
                             + u.umid::pg_catalog.int8
