select (d.tableoid::pg_catalog.int8 << 32) + d.oid::pg_catalog.int8 as id,
       array[r.schema::text, r.name::text, a.attname::text] as key,
       pg_catalog.json_build_object(
         'expression', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
         'of', case when r.kind = 'v' then 'view' else 'table' end
       ) as facts, r.belongs
from relation r
join pg_catalog.pg_attrdef d on d.adrelid = r.oid
join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.adnum and a.attgenerated = '' and not a.attisdropped
