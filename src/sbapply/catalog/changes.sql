-- Rows that were written since the transaction $1 began, and everything that is spelled with what they describe:
-- a rename shows in the definitions of whatever refers to the renamed, and those rows stay as they were.
prepare sbapply_changes (pg_catalog.xid, pg_catalog.oid[]) as
with recursive since as materialized (select pg_catalog.age($1) as age),
written (classid, objid) as (
  select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, w.oid
  from (
    select c.oid, pg_catalog.age(c.xmin) from pg_catalog.pg_class c
    union all select a.attrelid, pg_catalog.age(a.xmin) from pg_catalog.pg_attribute a
    union all select d.adrelid, pg_catalog.age(d.xmin) from pg_catalog.pg_attrdef d
    union all select k.conrelid, pg_catalog.age(k.xmin) from pg_catalog.pg_constraint k
    union all select i.indrelid, pg_catalog.age(i.xmin) from pg_catalog.pg_index i
    union all select i.inhrelid, pg_catalog.age(i.xmin) from pg_catalog.pg_inherits i
    union all select p.polrelid, pg_catalog.age(p.xmin) from pg_catalog.pg_policy p
    union all select named.oid, 0 from pg_catalog.unnest($2) as named (oid)
  ) as w (oid, age)
  where w.age <= (select since.age from since)
  union all
  select 'pg_catalog.pg_type'::pg_catalog.regclass, w.oid
  from (
    select t.oid, pg_catalog.age(t.xmin) from pg_catalog.pg_type t
    union all select e.enumtypid, pg_catalog.age(e.xmin) from pg_catalog.pg_enum e
  ) as w (oid, age)
  where w.age <= (select since.age from since)
  union all
  select w.classid, w.oid
  from (
    select f.tableoid, f.oid, pg_catalog.age(f.xmin) from pg_catalog.pg_proc f
    union all select o.tableoid, o.oid, pg_catalog.age(o.xmin) from pg_catalog.pg_operator o
    union all select o.tableoid, o.oid, pg_catalog.age(o.xmin) from pg_catalog.pg_opclass o
    union all select c.tableoid, c.oid, pg_catalog.age(c.xmin) from pg_catalog.pg_collation c
    union all select c.tableoid, c.oid, pg_catalog.age(c.xmin) from pg_catalog.pg_ts_config c
    union all select d.tableoid, d.oid, pg_catalog.age(d.xmin) from pg_catalog.pg_ts_dict d
  ) as w (classid, oid, age)
  where w.age <= (select since.age from since)
),
touched (classid, objid) as (
  select w.classid, w.objid from written w
  union
  select d.classid, d.objid
  from touched t
  join pg_catalog.pg_depend d on d.refclassid = t.classid and d.refobjid = t.objid
),
among (oid) as materialized (
  select t.objid from touched t where t.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  union
  select i.indrelid from touched t join pg_catalog.pg_index i on i.indexrelid = t.objid
  where t.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  union
  select k.conrelid from touched t join pg_catalog.pg_constraint k on k.oid = t.objid
  where t.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
  union
  select d.adrelid from touched t join pg_catalog.pg_attrdef d on d.oid = t.objid
  where t.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
  union
  select p.polrelid from touched t join pg_catalog.pg_policy p on p.oid = t.objid
  where t.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
),
described as (
{snapshot}
)
select pg_catalog.json_build_object(
  'horizon', pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::pg_catalog.xid,
  'catalog', (select described.catalog from described),
  'touched', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::pg_catalog.int8, n.nspname, c.relname)), '[]')
    from among
    join pg_catalog.pg_class c on c.oid = among.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
  ),
  'standing', ({standing}),
  'surroundings', (
    select pg_catalog.json_object_agg(s.what, s.name)
    from (
      select 'schema ' || n.oid, n.nspname::text from pg_catalog.pg_namespace n where n.nspname !~ '^pg_(toast_)?temp_'
      union all
      select 'role ' || r.oid, r.rolname::text from pg_catalog.pg_roles r
      union all
      select 'setting ' || g.setdatabase || ' ' || g.setrole, g.setconfig::text from pg_catalog.pg_db_role_setting g
      union all
      select 'member ' || d.objid, ''
      from pg_catalog.pg_depend d
      where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'e'
        and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    ) as s (what, name)
  )
)::text as changes;
