select t.id, array[t.schema::text, t.name::text] as key,
       pg_catalog.json_build_object(
         'type', pg_catalog.format_type(y.typbasetype, y.typtypmod),
         'collation', case when y.typcollation <> b.typcollation then y.typcollation::pg_catalog.regcollation::text end,
         'default', coalesce(pg_catalog.pg_get_expr(y.typdefaultbin, 0), pg_catalog.quote_literal(y.typdefault)),
         'not_null', y.typnotnull,
         -- As for columns: 18 has a row for it, with a name.
         'not_null_name', case when n.conname <> pg_catalog.left(t.name::text, 54) || '_not_null' then n.conname end,
         'constraints', (
           select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
             'name', k.conname, 'definition', pg_catalog.pg_get_constraintdef(k.oid), 'validated', k.convalidated
           ) order by k.conname), '[]')
           from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c'
         )
       ) as facts,
       t.belongs
from typed t
join pg_catalog.pg_type y on y.oid = t.oid
join pg_catalog.pg_type b on b.oid = y.typbasetype
left join pg_catalog.pg_constraint n on n.contypid = t.oid and n.contype = 'n'
where t.kind = 'd'
