with relation as (
  select c.oid, n.nspname as schema, c.relname as name, c.relkind, c.relpersistence, c.relispartition,
         c.relpartbound, c.relrowsecurity, c.relforcerowsecurity
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'supabase_migrations')
    and n.nspname !~ '^pg_(toast_)?temp_'
    and not exists (
      select from pg_catalog.pg_depend e
      where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    ){among}
)
select pg_catalog.json_build_object(
  'tables', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', r.schema, 'name', r.name,
      'kind', case r.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                             when 'm' then 'materialized view' else 'foreign table' end,
      'unlogged', r.relpersistence = 'u',
      'partition_of', case when r.relispartition then (
        select i.inhparent::pg_catalog.regclass::text from pg_catalog.pg_inherits i where i.inhrelid = r.oid limit 1
      ) end,
      'partition_bound', pg_catalog.pg_get_expr(r.relpartbound, r.oid),
      'partition_key', case when r.relkind = 'p' then pg_catalog.pg_get_partkeydef(r.oid) end,
      'rls_enabled', r.relrowsecurity, 'rls_forced', r.relforcerowsecurity
    ) order by r.schema, r.name), '[]')
    from relation r
  ),
  'columns', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', r.schema, 'table', r.name, 'name', a.attname,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
      'not_null', a.attnotnull or (t.typtype = 'd' and t.typnotnull),
      'default', case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
      -- Partitions have the identity of their parent from 17 on, and none before.
      'identity', case when r.relispartition then '' else a.attidentity::text end, 'generated', a.attgenerated,
      'generation', case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
      'collation', case when a.attcollation <> t.typcollation then a.attcollation::pg_catalog.regcollation::text end
    ) order by r.schema, r.name, a.attnum), '[]')
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  ),
  'constraints', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', r.schema, 'table', r.name, 'name', k.conname, 'type', k.contype,
      'definition', pg_catalog.pg_get_constraintdef(k.oid), 'validated', k.convalidated,
      'inherited', not k.conislocal,
      'columns', (
        select coalesce(pg_catalog.json_agg(a.attname order by u.place), '[]')
        from pg_catalog.unnest(k.conkey) with ordinality u (attnum, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum
      )
    ) order by r.schema, r.name, k.conname), '[]')
    from relation r
    join pg_catalog.pg_constraint k on k.conrelid = r.oid
    -- 18 has rows of type n for NOT NULL, 15 has none; those below a partitioned table's own are numbered
    -- differently from version to version and say nothing that the parent's does not.
    where k.contype in ('c', 'p', 'u', 'x', 'f') and k.conparentid = 0
  ),
  'indexes', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', r.schema, 'table', r.name, 'name', c.relname,
      'definition', pg_catalog.pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid, 'unique', i.indisunique
    ) order by r.schema, r.name, c.relname), '[]')
    from relation r
    join pg_catalog.pg_index i on i.indrelid = r.oid
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    where not exists (
      select from pg_catalog.pg_constraint k
      where k.conrelid = i.indrelid and k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
    )
  ),
  'policies', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', r.schema, 'table', r.name, 'name', p.polname,
      'command', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE'
                               when 'd' then 'DELETE' else 'ALL' end,
      'permissive', p.polpermissive,
      'roles', (
        select pg_catalog.json_agg(m.name order by m.name collate "C")
        from (
          select coalesce(o.rolname::text, 'public') as name
          from pg_catalog.unnest(p.polroles) u (role)
          left join pg_catalog.pg_roles o on o.oid = u.role
        ) m
      ),
      'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
      'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
    ) order by r.schema, r.name, p.polname), '[]')
    from relation r
    join pg_catalog.pg_policy p on p.polrelid = r.oid
  )
) as catalog
