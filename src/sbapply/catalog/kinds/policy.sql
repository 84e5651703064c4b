select (p.tableoid::pg_catalog.int8 << 32) + p.oid::pg_catalog.int8 as id,
       array[r.schema::text, r.name::text, p.polname::text] as key,
       pg_catalog.json_build_object(
         'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                                  when 'd' then 'delete' else 'all' end,
         'permissive', p.polpermissive,
         'roles', (
           select pg_catalog.json_agg(m.name order by m.name collate "C")
           from (
             select coalesce(o.rolname::text, '') as name
             from pg_catalog.unnest(p.polroles) u (role)
             left join pg_catalog.pg_roles o on o.oid = u.role
           ) m
         ),
         'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
         'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
       ) as facts,
       -- The platform makes none on its own tables: those are there for projects to write.
       case when r.belongs = 'platform' then '' else r.belongs end as belongs
from relation r
join pg_catalog.pg_policy p on p.polrelid = r.oid
