-- What the kinds that say something about other objects lean on: objects with an owner, and objects with an access
-- control list. Rows of pg_class that stand for another object (indexes, toast, row types) have neither of their own.
owned (id, class, oid, owner) as materialized (
  select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, c.tableoid, c.oid, c.relowner
  from pg_catalog.pg_class c
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select (f.tableoid::pg_catalog.int8 << 32) + f.oid::pg_catalog.int8, f.tableoid, f.oid, f.proowner
  from pg_catalog.pg_proc f where f.oid >= 16384
  union all
  select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8, t.tableoid, t.oid, t.typowner
  from pg_catalog.pg_type t
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where t.oid >= 16384 and t.typtype <> 'm' and coalesce(c.relkind = 'c', true)
    and not (t.typcategory = 'A' and t.typelem <> 0)
  union all
  select n.id, 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, n.owner
  from space n where n.kept
  union all
  select (x.tableoid::pg_catalog.int8 << 32) + x.oid::pg_catalog.int8, x.tableoid, x.oid, x.owner
  from (
    select o.tableoid, o.oid, o.oprowner from pg_catalog.pg_operator o
    union all select c.tableoid, c.oid, c.opcowner from pg_catalog.pg_opclass c
    union all select f.tableoid, f.oid, f.opfowner from pg_catalog.pg_opfamily f
    union all select c.tableoid, c.oid, c.collowner from pg_catalog.pg_collation c
    union all select c.tableoid, c.oid, c.conowner from pg_catalog.pg_conversion c
    union all select d.tableoid, d.oid, d.dictowner from pg_catalog.pg_ts_dict d
    union all select c.tableoid, c.oid, c.cfgowner from pg_catalog.pg_ts_config c
    union all select s.tableoid, s.oid, s.stxowner from pg_catalog.pg_statistic_ext s
    union all select l.tableoid, l.oid, l.lanowner from pg_catalog.pg_language l
    union all select w.tableoid, w.oid, w.fdwowner from pg_catalog.pg_foreign_data_wrapper w
    union all select s.tableoid, s.oid, s.srvowner from pg_catalog.pg_foreign_server s
    union all select e.tableoid, e.oid, e.evtowner from pg_catalog.pg_event_trigger e
    union all select p.tableoid, p.oid, p.pubowner from pg_catalog.pg_publication p
  ) as x (tableoid, oid, owner)
  where x.oid >= 16384
),
-- ``type`` is the letter that acldefault knows; ``base`` is what the object has without any grant: what its
-- extension, or initdb for the schema public, gave it, else null for the default.
listed (id, class, oid, sub, type, owner, acl, base) as materialized (
  select x.id, x.class, x.oid, x.sub, x.type, x.owner, x.acl, i.initprivs
  from (
    select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, c.tableoid, c.oid, 0,
           case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner, c.relacl
    from pg_catalog.pg_class c where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, c.tableoid, c.oid, a.attnum, 'c',
           c.relowner, a.attacl
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where a.attrelid >= 16384 and a.attacl is not null and not a.attisdropped
    union all
    select (f.tableoid::pg_catalog.int8 << 32) + f.oid::pg_catalog.int8, f.tableoid, f.oid, 0, 'f', f.proowner,
           f.proacl
    from pg_catalog.pg_proc f where f.oid >= 16384
    union all
    select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8, t.tableoid, t.oid, 0, 'T', t.typowner,
           t.typacl
    from pg_catalog.pg_type t where t.oid >= 16384
    union all
    select n.id, 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 0, 'n', n.owner, s.nspacl
    from space n
    join pg_catalog.pg_namespace s on s.oid = n.oid
    where n.kept
    union all
    select (l.tableoid::pg_catalog.int8 << 32) + l.oid::pg_catalog.int8, l.tableoid, l.oid, 0, 'l', l.lanowner,
           l.lanacl
    from pg_catalog.pg_language l where l.oid >= 16384
    union all
    select (w.tableoid::pg_catalog.int8 << 32) + w.oid::pg_catalog.int8, w.tableoid, w.oid, 0, 'F', w.fdwowner,
           w.fdwacl
    from pg_catalog.pg_foreign_data_wrapper w where w.oid >= 16384
    union all
    select (s.tableoid::pg_catalog.int8 << 32) + s.oid::pg_catalog.int8, s.tableoid, s.oid, 0, 'S', s.srvowner,
           s.srvacl
    from pg_catalog.pg_foreign_server s where s.oid >= 16384
    union all
    select (d.tableoid::pg_catalog.int8 << 32) + d.oid::pg_catalog.int8, d.tableoid, d.oid, 0, 'd', d.datdba,
           d.datacl
    from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
  ) as x (id, class, oid, sub, type, owner, acl)
  left join pg_catalog.pg_init_privs i on i.classoid = x.class and i.objoid = x.oid and i.objsubid = x.sub
  where x.acl is not null
)
