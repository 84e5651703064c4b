select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8 as id,
       array[r.schema::text, c.relname::text] as key,
       pg_catalog.json_build_object(
         'table', r.name, 'definition', pg_catalog.pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid,
         'tablespace', s.spcname, 'parent', p.parent,
         'statistics', (
           select pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attstattarget) order by a.attnum)
           from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and coalesce(a.attstattarget, -1) >= 0
         )
       ) as facts,
       r.belongs
from relation r
join pg_catalog.pg_index i on i.indrelid = r.oid
join pg_catalog.pg_class c on c.oid = i.indexrelid
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join index_parent p on p.index = i.indexrelid
left join pg_catalog.pg_constraint k on k.conrelid = i.indrelid and k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
where k.oid is null
