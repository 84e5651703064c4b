select (k.tableoid::pg_catalog.int8 << 32) + k.oid::pg_catalog.int8 as id,
       array[r.schema::text, r.name::text, k.conname::text] as key,
       pg_catalog.json_build_object(
         'type', k.contype, 'definition', pg_catalog.pg_get_constraintdef(k.oid), 'validated', k.convalidated,
         'local', k.conislocal, 'parent', p.parent, 'options', c.reloptions, 'tablespace', s.spcname
       ) as facts,
       r.belongs
from relation r
join pg_catalog.pg_constraint k on k.conrelid = r.oid
left join pg_catalog.pg_class c on c.oid = k.conindid and k.contype in ('p', 'u', 'x')
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join index_parent p on p.index = c.oid
where k.contype in ('c', 'p', 'u', 'x', 'f')
  -- What a foreign key of a partitioned table makes on its partitions comes with it.
  and not (k.contype = 'f' and k.conparentid <> 0)
