-- Of the members, those that the class cannot be without; the others are its family's.
select p.id, array[p.schema, f.opcname, a.amname]::text[] as key,
       pg_catalog.json_build_object(
         'type', pg_catalog.format_type(f.opcintype, null),
         'default', f.opcdefault,
         'family', pg_catalog.quote_ident(gn.nspname) || '.' || pg_catalog.quote_ident(g.opfname),
         'storage', pg_catalog.format_type(nullif(f.opckeytype, 0), null),
         'operators', (
           select pg_catalog.json_agg(pg_catalog.json_build_array(
                    o.amopstrategy, o.amopopr::pg_catalog.regoperator,
                    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.opfname))
                    order by o.amopstrategy, o.amopopr::pg_catalog.regoperator::text)
           from pg_catalog.pg_depend d
           join pg_catalog.pg_amop o on o.oid = d.objid
           left join pg_catalog.pg_opfamily s on s.oid = o.amopsortfamily
           left join pg_catalog.pg_namespace n on n.oid = s.opfnamespace
           where d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass and d.deptype in ('i', 'a')
             and d.refclassid = f.tableoid and d.refobjid = f.oid
         ),
         'functions', (
           select pg_catalog.json_agg(pg_catalog.json_build_array(
                    o.amprocnum, pg_catalog.format_type(o.amproclefttype, null),
                    pg_catalog.format_type(o.amprocrighttype, null), o.amproc::pg_catalog.regprocedure)
                    order by o.amprocnum, o.amproclefttype <> o.amprocrighttype,
                             pg_catalog.format_type(o.amproclefttype, null),
                             pg_catalog.format_type(o.amprocrighttype, null))
           from pg_catalog.pg_depend d
           join pg_catalog.pg_amproc o on o.oid = d.objid
           where d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass and d.deptype in ('i', 'a')
             and d.refclassid = f.tableoid and d.refobjid = f.oid
         )
       ) as facts,
       p.belongs
from pg_catalog.pg_opclass f
join placed p on p.id = (f.tableoid::pg_catalog.int8 << 32) + f.oid::pg_catalog.int8
join pg_catalog.pg_am a on a.oid = f.opcmethod
join pg_catalog.pg_opfamily g on g.oid = f.opcfamily
join pg_catalog.pg_namespace gn on gn.oid = g.opfnamespace
