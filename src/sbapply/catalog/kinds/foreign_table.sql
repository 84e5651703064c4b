select r.id, array[r.schema::text, r.name::text] as key,
       pg_catalog.json_build_object(
         'server', v.srvname, 'options', f.ftoptions, 'unlogged', false, 'of_type', null,
         'partition_of', case when c.relispartition then h.parents -> 0 end,
         'partition_bound', pg_catalog.pg_get_expr(c.relpartbound, r.oid),
         'inherits', case when not c.relispartition then h.parents end
       ) as facts, r.belongs
from relation r
join pg_catalog.pg_class c on c.oid = r.oid
join pg_catalog.pg_foreign_table f on f.ftrelid = r.oid
join pg_catalog.pg_foreign_server v on v.oid = f.ftserver
left join parents h on h.relation = r.oid
where r.kind = 'f'
