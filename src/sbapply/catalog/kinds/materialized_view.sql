select r.id, array[r.schema::text, r.name::text] as key,
       pg_catalog.json_build_object(
         'definition', pg_catalog.pg_get_viewdef(r.oid), 'options', c.reloptions, 'toast_options', x.reloptions,
         'populated', c.relispopulated,
         'access_method', case when m.amname <> 'heap' then m.amname end, 'tablespace', s.spcname,
         'clustered_on', cl.relname,
         'columns', (
           select pg_catalog.json_agg(pg_catalog.json_build_object(
             'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
             'statistics', nullif(a.attstattarget, -1), 'options', a.attoptions,
             'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
             'compression', nullif(a.attcompression::text, '')
           ) order by a.attnum)
           from pg_catalog.pg_attribute a
           join pg_catalog.pg_type t on t.oid = a.atttypid
           where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
         )
       ) as facts, r.belongs
from relation r
join pg_catalog.pg_class c on c.oid = r.oid
left join pg_catalog.pg_class x on x.oid = c.reltoastrelid
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_index cx on cx.indrelid = r.oid and cx.indisclustered
left join pg_catalog.pg_class cl on cl.oid = cx.indexrelid
where r.kind = 'm'
