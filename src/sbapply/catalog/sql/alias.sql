alias (id, stands_for) as materialized (
  -- A generated column stands in its table's statement, and so does an identity column's sequence.
  select (d.tableoid::pg_catalog.int8 << 32) + d.oid::pg_catalog.int8, (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
  from pg_catalog.pg_attrdef d
  join pg_catalog.pg_class c on c.oid = d.adrelid
  join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  where a.attgenerated <> '' and d.oid >= 16384
  union all
  select (c.tableoid::pg_catalog.int8 << 32) + i.sequence::pg_catalog.int8, (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
  from identity_sequence i
  join pg_catalog.pg_class c on c.oid = i.relation
  union all
  select (k.tableoid::pg_catalog.int8 << 32) + k.oid::pg_catalog.int8, (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_type t on t.oid = k.contypid
  union all
  select (r.tableoid::pg_catalog.int8 << 32) + r.oid::pg_catalog.int8, (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  where r.rulename = '_RETURN' and c.oid >= 16384
  union all
  select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8, (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
  from pg_catalog.pg_type t
  join pg_catalog.pg_class c on c.oid = t.typrelid
  where c.relkind <> 'c' and c.oid >= 16384
  union all
  select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
  from pg_catalog.pg_type t
  join pg_catalog.pg_class c on c.oid = t.typrelid
  where c.relkind = 'c' and c.oid >= 16384
  union all
  select (a.tableoid::pg_catalog.int8 << 32) + a.oid::pg_catalog.int8,
         case when c.oid is null or c.relkind = 'c' then (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
              else (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8 end
  from pg_catalog.pg_type t
  join pg_catalog.pg_type a on a.oid = t.typarray
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where a.oid >= 16384
  union all
  select (t.tableoid::pg_catalog.int8 << 32) + g.rngmultitypid::pg_catalog.int8, (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
  from pg_catalog.pg_range g
  join pg_catalog.pg_type t on t.oid = g.rngtypid
  where t.oid >= 16384
  union all
  select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, (k.tableoid::pg_catalog.int8 << 32) + k.oid::pg_catalog.int8
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conindid
  where k.contype in ('p', 'u', 'x') and c.oid >= 16384
  union all
  select (d.classid::pg_catalog.int8 << 32) + d.objid::pg_catalog.int8, (d.refclassid::pg_catalog.int8 << 32) + d.refobjid::pg_catalog.int8
  from pg_catalog.pg_depend d
  where d.deptype in ('i', 'a')
    and d.classid in ('pg_catalog.pg_amop'::pg_catalog.regclass, 'pg_catalog.pg_amproc'::pg_catalog.regclass)
    and d.refclassid in ('pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass)
)
