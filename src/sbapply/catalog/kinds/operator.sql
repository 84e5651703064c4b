-- One without a function is a name that another operator's commutator or negator has taken for it.
select p.id, array[p.schema, o.oprname, coalesce(pg_catalog.format_type(nullif(o.oprleft, 0), null), 'NONE'),
                   pg_catalog.format_type(o.oprright, null)]::text[] as key,
       pg_catalog.json_build_object(
         'function', o.oprcode::pg_catalog.regproc,
         'commutator', pg_catalog.quote_ident(cn.nspname) || '.' || c.oprname,
         'negator', pg_catalog.quote_ident(nn.nspname) || '.' || n.oprname,
         'restrict', nullif(o.oprrest, 0)::pg_catalog.regproc,
         'join', nullif(o.oprjoin, 0)::pg_catalog.regproc,
         'hashes', o.oprcanhash,
         'merges', o.oprcanmerge
       ) as facts,
       p.belongs
from pg_catalog.pg_operator o
join placed p on p.id = (o.tableoid::pg_catalog.int8 << 32) + o.oid::pg_catalog.int8
left join pg_catalog.pg_operator c on c.oid = o.oprcom
left join pg_catalog.pg_namespace cn on cn.oid = c.oprnamespace
left join pg_catalog.pg_operator n on n.oid = o.oprnegate
left join pg_catalog.pg_namespace nn on nn.oid = n.oprnamespace
where o.oprcode <> 0
