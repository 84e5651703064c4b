select r.id, array[r.schema::text, r.name::text] as key,
       pg_catalog.json_build_object(
         'unlogged', r.persistence = 'u',
         'partition_key', case when r.kind = 'p' then pg_catalog.pg_get_partkeydef(r.oid) end,
         'partition_of', case when c.relispartition then h.parents -> 0 end,
         'partition_bound', pg_catalog.pg_get_expr(c.relpartbound, r.oid),
         'inherits', case when not c.relispartition then h.parents end,
         'of_type', case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end,
         'options', c.reloptions,
         'toast_options', x.reloptions,
         -- A partitioned table that names one hands it down.
         'access_method', case when m.amname <> 'heap' or r.kind = 'p' then m.amname end,
         'tablespace', s.spcname,
         'replica_identity', case c.relreplident when 'n' then 'nothing' when 'f' then 'full' when 'i' then 'index' end,
         'replica_index', case when c.relreplident = 'i' then ri.relname end,
         'clustered_on', cl.relname,
         'row_security', c.relrowsecurity, 'row_security_forced', c.relforcerowsecurity
       ) as facts,
       r.belongs
from relation r
join pg_catalog.pg_class c on c.oid = r.oid
left join pg_catalog.pg_class x on x.oid = c.reltoastrelid
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join parents h on h.relation = r.oid
left join pg_catalog.pg_index rx on rx.indrelid = r.oid and rx.indisreplident
left join pg_catalog.pg_class ri on ri.oid = rx.indexrelid
left join pg_catalog.pg_index cx on cx.indrelid = r.oid and cx.indisclustered
left join pg_catalog.pg_class cl on cl.oid = cx.indexrelid
where r.kind in ('r', 'p')
