select null::pg_catalog.int8 as id, array[r.schema::text, r.name::text, a.attname::text] as key,
       -- Most columns have little of all this, and there are many: what is usual is not said.
       case when a.attislocal and a.attinhcount = 0 and a.attidentity = '' and a.attgenerated = ''
           and a.attcollation = t.typcollation and a.attstorage = t.typstorage and a.attcompression = ''
           and coalesce(a.attstattarget, -1) = -1 and a.attoptions is null and a.attfdwoptions is null
           and (k.oid is null or (k.conislocal and k.convalidated and not k.connoinherit
                                  and k.conname = r.name::text || '_' || a.attname::text || '_not_null'))
         then pg_catalog.json_build_object(
           'place', pg_catalog.row_number() over (partition by r.oid order by a.attnum),
           'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull)
         else pg_catalog.json_strip_nulls(pg_catalog.json_build_object(
         'place', pg_catalog.row_number() over (partition by r.oid order by a.attnum),
         'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
         'not_null', a.attnotnull,
         -- 15 to 17 have no rows for NOT NULL; a name that is not the server's own choice is 18's alone.
         'not_null_name', case when (k.conislocal or c.relispartition) and k.conname <> case
             when pg_catalog.octet_length(r.name::text || a.attname::text) <= 53
               then r.name::text || '_' || a.attname::text || '_not_null'
             -- The longer of both names is cut until they fit: makeObjectName of src/backend/commands/indexcmds.c.
             when pg_catalog.octet_length(r.name::text || a.attname::text) = pg_catalog.length(r.name::text || a.attname::text)
               then pg_catalog.left(r.name::text, m.of_table) || '_' || pg_catalog.left(a.attname::text, 53 - m.of_table) || '_not_null'
             -- Where a character could be cut in two, what looks like the server's choice is taken for it.
             when k.conname ~ '_not_null[0-9]*$' then k.conname
             else ''
           end then k.conname end,
         'not_null_no_inherit', nullif(k.connoinherit, false),
         'not_null_not_valid', nullif(not k.convalidated, false),
         'not_null_local', case when a.attinhcount > 0 and not c.relispartition then k.conislocal end,
         'identity', case when c.relispartition then null else nullif(a.attidentity::text, '') end,
         'identity_sequence', case when a.attidentity <> '' and not c.relispartition then i.options end,
         'generated', nullif(a.attgenerated::text, ''),
         'expression', case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
         'collation', case when a.attcollation <> t.typcollation then a.attcollation::pg_catalog.regcollation::text end,
         'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
         'compression', nullif(a.attcompression::text, ''),
         'statistics', nullif(a.attstattarget, -1),
         'options', a.attoptions,
         'foreign_options', a.attfdwoptions,
         'inherited', nullif(not a.attislocal, false),
         'hints', case when h.relation is not null and not c.relispartition
                       then pg_catalog.json_build_object('not_null_constraint', k.conname) end
       ))
       end as facts,
       r.belongs
from relation r
join pg_catalog.pg_class c on c.oid = r.oid
join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on a.attgenerated <> '' and d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_catalog.pg_constraint k on k.conrelid = r.oid and k.contype = 'n' and k.conkey[1] = a.attnum
left join identity_sequence i on i.relation = r.oid and i.attnum = a.attnum
left join parents h on h.relation = r.oid
cross join lateral (
  select greatest(least(pg_catalog.length(r.name::text), 53 - pg_catalog.length(a.attname::text)),
                  least(pg_catalog.length(r.name::text), 27))
) as m (of_table)
where r.kind in ('r', 'p', 'f')
