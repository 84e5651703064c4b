-- Everything of the project's own that no kind reads, by name: each row of each catalog that can be depended on,
-- without what stands for, or is a part of, something else.
select pg_catalog.concat_ws(' ', i.type, i.identity)
from (
  select x.tableoid, x.oid, (x.tableoid::pg_catalog.int8 << 32) + x.oid::pg_catalog.int8, x.space
  from (
    select c.tableoid, c.oid, c.relnamespace from pg_catalog.pg_class c where c.relkind <> 't'
    union all select f.tableoid, f.oid, f.pronamespace from pg_catalog.pg_proc f
    union all select t.tableoid, t.oid, t.typnamespace from pg_catalog.pg_type t
    union all select k.tableoid, k.oid, k.connamespace from pg_catalog.pg_constraint k
      where k.contype not in ('n', 't') and k.conparentid = 0 and (k.conislocal or k.contype <> 'c')
    union all select t.tableoid, t.oid, 0 from pg_catalog.pg_trigger t where not t.tgisinternal
    union all select r.tableoid, r.oid, 0 from pg_catalog.pg_rewrite r where r.rulename <> '_RETURN'
    union all select o.tableoid, o.oid, 0 from pg_catalog.pg_policy o
    union all select n.tableoid, n.oid, 0 from pg_catalog.pg_namespace n where n.nspname !~ '^pg_'
    union all select o.tableoid, o.oid, o.oprnamespace from pg_catalog.pg_operator o
    union all select c.tableoid, c.oid, c.opcnamespace from pg_catalog.pg_opclass c
    union all select f.tableoid, f.oid, f.opfnamespace from pg_catalog.pg_opfamily f
    union all select a.tableoid, a.oid, 0 from pg_catalog.pg_am a
    union all select c.tableoid, c.oid, 0 from pg_catalog.pg_cast c
    union all select t.tableoid, t.oid, 0 from pg_catalog.pg_transform t
    union all select c.tableoid, c.oid, c.collnamespace from pg_catalog.pg_collation c
    union all select c.tableoid, c.oid, c.connamespace from pg_catalog.pg_conversion c
    union all select d.tableoid, d.oid, d.dictnamespace from pg_catalog.pg_ts_dict d
    union all select p.tableoid, p.oid, p.prsnamespace from pg_catalog.pg_ts_parser p
    union all select c.tableoid, c.oid, c.cfgnamespace from pg_catalog.pg_ts_config c
    union all select t.tableoid, t.oid, t.tmplnamespace from pg_catalog.pg_ts_template t
    union all select s.tableoid, s.oid, s.stxnamespace from pg_catalog.pg_statistic_ext s
    union all select l.tableoid, l.oid, 0 from pg_catalog.pg_language l
    union all select w.tableoid, w.oid, 0 from pg_catalog.pg_foreign_data_wrapper w
    union all select s.tableoid, s.oid, 0 from pg_catalog.pg_foreign_server s
    union all select u.tableoid, u.oid, 0 from pg_catalog.pg_user_mapping u
      where pg_catalog.has_table_privilege('pg_catalog.pg_user_mapping', 'select')
    union all select e.tableoid, e.oid, 0 from pg_catalog.pg_event_trigger e
    union all select e.tableoid, e.oid, 0 from pg_catalog.pg_extension e
    union all select p.tableoid, p.oid, 0 from pg_catalog.pg_publication p
    union all select s.tableoid, s.oid, 0 from pg_catalog.pg_subscription s
      where s.subdbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
    -- Dependencies know a large object by the catalog of its pages.
    union all select 'pg_catalog.pg_largeobject'::pg_catalog.regclass, l.oid, 0 from pg_catalog.pg_largeobject_metadata l
    union all select t.tableoid, t.oid, 0 from pg_catalog.pg_tablespace t
  ) as x (tableoid, oid, space)
  where x.oid >= 16384
) as x (class, oid, id, space)
left join space s on s.oid = x.space
left join known f on f.id = x.id
left join alias a on a.id = x.id
left join member m on m.id = x.id
left join (
  select distinct (d.classid::pg_catalog.int8 << 32) + d.objid::pg_catalog.int8
  from pg_catalog.pg_depend d where d.deptype in ('i', 'P', 'S') and d.objid >= 16384
) as p (id) on p.id = x.id
cross join lateral pg_catalog.pg_identify_object(x.class, x.oid, 0) as i
where f.id is null and a.id is null and m.id is null and p.id is null
  and (x.space = 0 or (s.kept and s.belongs = ''))
union all
select 'password of role ' || pg_catalog.quote_ident(r.rolname)
from pg_catalog.pg_roles r
left join platform_role p on p.oid = r.oid
where r.oid >= 16384 and r.rolcanlogin and p.oid is null and r.rolname <> 'postgres'
union all
select pg_catalog.concat_ws(' ', 'security label of', i.type, i.identity)
from (
  select l.classoid, l.objoid, l.objsubid from pg_catalog.pg_seclabel l
  union all select l.classoid, l.objoid, 0 from pg_catalog.pg_shseclabel l
) as l (classoid, objoid, objsubid)
cross join lateral pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) as i
union all
select pg_catalog.concat_ws(' ', 'rows of', i.identity)
from pg_catalog.pg_extension e
cross join lateral pg_catalog.unnest(e.extconfig) as c (oid)
join pg_catalog.pg_class t on t.oid = c.oid and t.relkind = 'r'
cross join lateral pg_catalog.pg_identify_object(t.tableoid, t.oid, 0) as i
where pg_catalog.pg_relation_size(t.oid) > 0 and i.identity not in ('cron.job', 'pgmq.meta')
union all
select 'options of user mapping for ' || pg_catalog.quote_ident(u.usename) || ' on server ' || pg_catalog.quote_ident(u.srvname)
from pg_catalog.pg_user_mappings u
join pg_catalog.pg_foreign_server s on s.oid = u.srvid
where u.umoptions is null and not pg_catalog.pg_has_role(s.srvowner, 'usage')
  and u.usename <> current_user
