-- What every kind leans on. An id is (oid of the system catalog << 32) + oid of the row: one number for what
-- pg_depend calls (classid, objid).
platform_role (oid, name) as materialized (
  select r.oid, r.rolname
  from pg_catalog.pg_roles r
  where r.rolname ~ '^(pg_|supabase_|sbapply_)'
     or r.rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'dashboard_user', 'pgbouncer',
                      'pgsodium_keyiduser', 'pgsodium_keyholder', 'pgsodium_keymaker', 'pgtle_admin', 'cli_login_postgres')
),
member (id, extension) as materialized (
  select (d.classid::pg_catalog.int8 << 32) + d.objid::pg_catalog.int8, e.extname
  from pg_catalog.pg_depend d
  join pg_catalog.pg_extension e on e.oid = d.refobjid
  where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'e'
),
space (oid, id, name, owner, belongs, kept) as materialized (
  select n.oid, (n.tableoid::pg_catalog.int8 << 32) + n.oid::pg_catalog.int8, n.nspname, n.nspowner,
         case
           when m.extension is not null then 'extension ' || m.extension
           when n.nspname in ('auth', 'storage', 'realtime', '_realtime', 'vault', 'extensions', 'graphql',
                              'graphql_public', 'pgbouncer', 'supabase_functions', 'supabase_migrations', 'net', 'cron',
                              'pgmq', 'pgsodium', 'pgsodium_masks', 'pgtle', '_analytics', '_supavisor')
             then 'platform'
           else ''
         end,
         n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_(toast_)?temp_'
  from pg_catalog.pg_namespace n
  left join member m on m.id = (n.tableoid::pg_catalog.int8 << 32) + n.oid::pg_catalog.int8
),
relation (oid, id, schema, name, kind, persistence, owner, belongs) as materialized (
  select c.oid, (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, s.name, c.relname, c.relkind,
         c.relpersistence, c.relowner,
         case
           when m.extension is not null then 'extension ' || m.extension
           when s.belongs <> '' and (s.name = 'supabase_migrations' or c.relowner in (select p.oid from platform_role p)) then s.belongs
           else ''
         end
  from pg_catalog.pg_class c
  join space s on s.oid = c.relnamespace and s.kept
  left join member m on m.id = (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
),
-- Types that are things of their own: not row types of tables and views, arrays or multiranges.
typed (oid, id, schema, name, kind, owner, belongs) as materialized (
  select t.oid, (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8, s.name, t.typname, t.typtype,
         t.typowner,
         case
           when m.extension is not null then 'extension ' || m.extension
           when s.belongs <> '' and t.typowner in (select p.oid from platform_role p) then s.belongs
           else ''
         end
  from pg_catalog.pg_type t
  join space s on s.oid = t.typnamespace and s.kept
  left join member m on m.id = (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c')
),
identity_sequence (sequence, relation, attnum, options) as materialized (
  select d.objid, d.refobjid, d.refobjsubid, pg_catalog.json_build_object(
           'name', c.relname, 'start', q.seqstart::text, 'increment', q.seqincrement::text, 'minimum', q.seqmin::text,
           'maximum', q.seqmax::text, 'cache', q.seqcache::text, 'cycle', q.seqcycle)
  from pg_catalog.pg_depend d
  join pg_catalog.pg_class c on c.oid = d.objid and c.relkind = 'S'
  join pg_catalog.pg_sequence q on q.seqrelid = c.oid
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.deptype = 'i'
),
index_parent (index, parent) as materialized (
  select i.inhrelid, pg_catalog.json_build_array(n.nspname, c.relname)
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid = i.inhparent and c.relkind in ('i', 'I')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
),
parents (relation, parents) as materialized (
  select i.inhrelid, pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname) order by i.inhseqno)
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid = i.inhparent and c.relkind in ('r', 'p', 'f')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  group by i.inhrelid
),
routine (oid, id, schema, name, types, kind, belongs) as materialized (
  select p.oid, (p.tableoid::pg_catalog.int8 << 32) + p.oid::pg_catalog.int8, s.name, p.proname,
         pg_catalog.oidvectortypes(p.proargtypes), p.prokind,
         case
           when m.extension is not null then 'extension ' || m.extension
           when s.belongs <> '' and p.proowner in (select o.oid from platform_role o) then s.belongs
           when s.name = 'extensions' and p.proname in (
             'grant_pg_cron_access', 'grant_pg_graphql_access', 'grant_pg_net_access', 'pgrst_ddl_watch',
             'pgrst_drop_watch', 'set_graphql_placeholder') then s.belongs
           else ''
         end
  from pg_catalog.pg_proc p
  join space s on s.oid = p.pronamespace and s.kept
  left join member m on m.id = (p.tableoid::pg_catalog.int8 << 32) + p.oid::pg_catalog.int8
  -- A range type brings its constructors.
  where not exists (
    select from pg_catalog.pg_depend d
    where d.classid = p.tableoid and d.objid = p.oid and d.deptype = 'i'
  )
),
-- Routines that are named in their own body of SQL or in a default of their own.
calls_itself (id) as materialized (
  select distinct (d.classid::pg_catalog.int8 << 32) + d.objid::pg_catalog.int8
  from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.refclassid = d.classid and d.refobjid = d.objid
),
-- What else has a schema, without what has an owner only through that.
placed (id, schema, belongs) as materialized (
  select x.id, s.name,
         case
           when m.extension is not null then 'extension ' || m.extension
           when s.belongs <> '' and coalesce(x.owner in (select o.oid from platform_role o), true) then s.belongs
           else ''
         end
  from (
    select (o.tableoid::pg_catalog.int8 << 32) + o.oid::pg_catalog.int8, o.oprnamespace, o.oprowner
    from pg_catalog.pg_operator o where o.oid >= 16384
    union all
    select (f.tableoid::pg_catalog.int8 << 32) + f.oid::pg_catalog.int8, f.opfnamespace, f.opfowner
    from pg_catalog.pg_opfamily f where f.oid >= 16384
    union all
    select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, c.opcnamespace, c.opcowner
    from pg_catalog.pg_opclass c where c.oid >= 16384
    union all
    select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, c.connamespace, c.conowner
    from pg_catalog.pg_conversion c where c.oid >= 16384
    union all
    select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, c.collnamespace, c.collowner
    from pg_catalog.pg_collation c where c.oid >= 16384
    union all
    select (p.tableoid::pg_catalog.int8 << 32) + p.oid::pg_catalog.int8, p.prsnamespace, null
    from pg_catalog.pg_ts_parser p where p.oid >= 16384
    union all
    select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8, t.tmplnamespace, null
    from pg_catalog.pg_ts_template t where t.oid >= 16384
    union all
    select (d.tableoid::pg_catalog.int8 << 32) + d.oid::pg_catalog.int8, d.dictnamespace, d.dictowner
    from pg_catalog.pg_ts_dict d where d.oid >= 16384
    union all
    select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8, c.cfgnamespace, c.cfgowner
    from pg_catalog.pg_ts_config c where c.oid >= 16384
  ) as x (id, space, owner)
  join space s on s.oid = x.space and s.kept
  left join member m on m.id = x.id
),
-- The extensions with which an object goes (depends on extension), though it is no part of them.
tied (id, extensions) as materialized (
  select (d.classid::pg_catalog.int8 << 32) + d.objid::pg_catalog.int8,
         pg_catalog.json_agg(e.extname order by e.extname)
  from pg_catalog.pg_depend d
  join pg_catalog.pg_extension e on e.oid = d.refobjid
  where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'x'
  group by 1
),
-- Options of foreign servers and their users whose values are nobody's business: by their name, or because a URL
-- in them holds a password; or because what stands for one that was not read is their value.
confidential (name, value) as (
  values ('(?i)(password|passwd|pwd|secret|token|credentials?|jwt|conn_?str(ing)?|dsn'
            '|(api|sa|access|account|private|secret|service|auth|encryption)_?key)$',
          '://[^/@]*:[^/@]*@|^withheld$')
)
