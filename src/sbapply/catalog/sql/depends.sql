-- Pairs of ids: the first cannot be made before the second is there. What stands for something else is that: a
-- view's rule for the view, a row type for its table, an array type for its element, an index for its constraint.
-- ``later`` is true where a stand-in can be made without the second: of a view its query, of a table what generates
-- a column, of a domain its checks and default, of a routine its body and the defaults of its arguments.
select e.dependent, e.needed, pg_catalog.bool_and(e.later) as later
from (
  select a.stands_for, b.stands_for,
         case d.classid
           when 'pg_catalog.pg_rewrite'::pg_catalog.regclass then true
           when 'pg_catalog.pg_attrdef'::pg_catalog.regclass then true
           when 'pg_catalog.pg_constraint'::pg_catalog.regclass then true
           when 'pg_catalog.pg_type'::pg_catalog.regclass then d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
           when 'pg_catalog.pg_proc'::pg_catalog.regclass
             then d.refclassid not in ('pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_namespace'::pg_catalog.regclass,
                                       'pg_catalog.pg_language'::pg_catalog.regclass)
           else false
         end
  from pg_catalog.pg_depend d
  join resolved a on a.id = (d.classid::pg_catalog.int8 << 32) + d.objid::pg_catalog.int8
  join resolved b on b.id = (d.refclassid::pg_catalog.int8 << 32) + d.refobjid::pg_catalog.int8
  where d.objid >= 16384 and d.refobjid >= 16384
    -- A sequence is there before the default that calls it; that a column owns it is said when both are.
    and not (d.deptype = 'a' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
             and d.objid in (select s.oid from pg_catalog.pg_class s where s.relkind = 'S'))
  union all
  -- A check that a child has of its own and from a parent: made on the parent first, the child's own would be refused.
  select (p.tableoid::pg_catalog.int8 << 32) + p.oid::pg_catalog.int8, (k.tableoid::pg_catalog.int8 << 32) + k.oid::pg_catalog.int8, false
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_inherits i on i.inhrelid = k.conrelid
  join pg_catalog.pg_constraint p on p.conrelid = i.inhparent and p.contype = 'c' and p.conname = k.conname
  where k.contype = 'c' and k.conislocal and k.coninhcount > 0
) as e (dependent, needed, later)
join known k on k.id = e.dependent
join known l on l.id = e.needed
where e.dependent <> e.needed
group by e.dependent, e.needed
