select asked.number,
       true as visible,
       case when p.oid is not null then pg_catalog.json_build_object(
         'command', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE'
                                  when 'd' then 'DELETE' else 'ALL' end,
         'permissive', p.polpermissive,
         'roles', (
           select pg_catalog.json_agg(m.name order by m.name collate "C")
           from (
             select coalesce(o.rolname::text, 'public') as name
             from pg_catalog.unnest(p.polroles) u (role)
             left join pg_catalog.pg_roles o on o.oid = u.role
           ) m
         ),
         'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
         'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
       ) end as fact
from (@asked@) as asked (number, schema_name, table_name, policy_name)
left join pg_catalog.pg_namespace n on n.nspname = asked.schema_name
left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = asked.table_name
left join pg_catalog.pg_policy p on p.polrelid = c.oid and p.polname = asked.policy_name
