-- What an extension brought is what its version says it is.
select r.id, array[r.schema, r.name, r.types]::text[] as key,
       case when r.belongs like 'extension %' then '{}'::pg_catalog.json else pg_catalog.json_build_object(
         'arguments', pg_catalog.pg_get_function_arguments(r.oid),
         'returns', pg_catalog.pg_get_function_result(r.oid),
         'language', l.lanname,
         'window', r.kind = 'w',
         'volatility', p.provolatile,
         'parallel', p.proparallel,
         'strict', p.proisstrict,
         'security_definer', p.prosecdef,
         'leakproof', p.proleakproof,
         'cost', p.procost,
         'rows', p.prorows,
         'support', nullif(p.prosupport, 0)::pg_catalog.regproc,
         'transforms', (
           select pg_catalog.json_agg(pg_catalog.format_type(t.oid, null) order by t.place)
           from pg_catalog.unnest(p.protrftypes) with ordinality as t (oid, place)
         ),
         'settings', (
           select pg_catalog.json_agg(pg_catalog.json_build_array(
                    pg_catalog.split_part(c.item, '=', 1),
                    pg_catalog.substr(c.item, pg_catalog.strpos(c.item, '=') + 1)) order by c.place)
           from pg_catalog.unnest(p.proconfig) with ordinality as c (item, place)
         ),
         'library', p.probin,
         'body', case when b.sql is null then p.prosrc end,
         'sql_body', b.sql,
         'extensions', x.extensions,
         'hints', pg_catalog.json_build_object(
           'bare_arguments', pg_catalog.pg_get_function_identity_arguments(r.oid), 'calls_itself', s.id is not null)
       ) end as facts,
       r.belongs
from routine r
join pg_catalog.pg_proc p on p.oid = r.oid
join pg_catalog.pg_language l on l.oid = p.prolang
left join tied x on x.id = r.id
left join calls_itself s on s.id = r.id
left join lateral pg_catalog.pg_get_function_sqlbody(r.oid) as b (sql) on p.prosqlbody is not null
where r.kind in ('f', 'w')
