-- What every object was called, in the order in which that was noticed, and whether the table of a part is there.
select n.xid::text as xid, n.gone, n.class::pg_catalog.int8 as class, n.object::pg_catalog.int8 as object, n.type,
       pg_catalog.to_json(n.names)::text as names, pg_catalog.to_json(n.arguments)::text as arguments,
       n.type not in ('trigger', 'rule') or exists (
         select
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace s on s.oid = c.relnamespace
         where s.nspname = n.names[1] and c.relname = n.names[2]
       ) as placed
from pg_catalog.sbapply_names n
order by n.place
