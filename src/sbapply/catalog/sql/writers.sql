-- Which transaction wrote the row of each object last, by the object's number (around.sql), since one that is named;
-- with -1 beside it, which wrote its comments. Rows that belong to an object of another catalog count for that. Of a
-- relation it is the transaction that made it, or its query: its row of pg_class is written anew for much that is no
-- fact of it, a foreign key or an index.
select pg_catalog.json_agg(pg_catalog.json_build_array(w.id, w.sub, w.xid)) as writers
from (
  select (w.class::pg_catalog.int8 << 32) + w.oid::pg_catalog.int8 as id, w.sub,
         pg_catalog.max(w.xid) as xid
  from (
    select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, a.attrelid, 0, pg_catalog.min(a.xmin::text::pg_catalog.int8)
    from pg_catalog.pg_attribute a group by a.attrelid
    union all select 'pg_catalog.pg_class'::pg_catalog.regclass, r.ev_class, 0, r.xmin::text::pg_catalog.int8
    from pg_catalog.pg_rewrite r where r.rulename = '_RETURN'
    union all select 'pg_catalog.pg_class'::pg_catalog.regclass, s.seqrelid, 0, s.xmin::text::pg_catalog.int8 from pg_catalog.pg_sequence s
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_proc p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_type p
    union all select 'pg_catalog.pg_type'::pg_catalog.regclass, e.enumtypid, 0, e.xmin::text::pg_catalog.int8 from pg_catalog.pg_enum e
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_namespace p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_trigger p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_rewrite p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_extension p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_cast p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_collation p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_conversion p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_language p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_operator p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_opclass p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_opfamily p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_statistic_ext p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_ts_config p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_ts_dict p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_ts_parser p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_ts_template p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_foreign_data_wrapper p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_foreign_server p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_event_trigger p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_publication p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_publication_rel p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_publication_namespace p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_default_acl p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_transform p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_am p
    union all select p.tableoid, p.oid, 0, p.xmin::text::pg_catalog.int8 from pg_catalog.pg_database p
    -- Of what is said of an object and its columns, the last.
    union all select d.classoid, d.objoid, -1, d.xmin::text::pg_catalog.int8 from pg_catalog.pg_description d
  ) as w (class, oid, sub, xid)
  group by w.class, w.oid, w.sub
) as w
where w.xid >= {since}
