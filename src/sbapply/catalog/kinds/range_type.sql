select t.id, array[t.schema::text, t.name::text] as key,
       pg_catalog.json_build_object(
         'subtype', pg_catalog.format_type(g.rngsubtype, null),
         'opclass', case when not o.opcdefault then pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(o.opcname) end,
         'collation', case when g.rngcollation <> b.typcollation then g.rngcollation::pg_catalog.regcollation::text end,
         'canonical', nullif(g.rngcanonical::pg_catalog.oid, 0)::pg_catalog.regproc::text,
         'subtype_diff', nullif(g.rngsubdiff::pg_catalog.oid, 0)::pg_catalog.regproc::text,
         'multirange', pg_catalog.json_build_array(mn.nspname, m.typname)
       ) as facts,
       t.belongs
from typed t
join pg_catalog.pg_range g on g.rngtypid = t.oid
join pg_catalog.pg_type b on b.oid = g.rngsubtype
join pg_catalog.pg_opclass o on o.oid = g.rngsubopc
join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
join pg_catalog.pg_type m on m.oid = g.rngmultitypid
join pg_catalog.pg_namespace mn on mn.oid = m.typnamespace
where t.kind = 'r'
