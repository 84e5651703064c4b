-- The project's own tables whose policies and row security do not go together. Which schemas the API exposes is told
-- by the database only where PostgREST is configured in it; else it is `public`, as a new project has it. A partition
-- is reached through its parent, whose policies hold.
with
@around@
select pg_catalog.json_agg(pg_catalog.json_build_object(
  'schema', t.schema, 'table', t.name, 'enabled', t.enabled) order by t.schema, t.name)
from (
  select r.schema, r.name, c.relrowsecurity as enabled, c.relispartition as is_partition,
         exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid) as has_policy
  from relation r
  join pg_catalog.pg_class c on c.oid = r.oid
  where r.kind in ('r', 'p') and r.belongs = ''
) as t
where (t.has_policy and not t.enabled)
   or (t.enabled and not t.has_policy and not t.is_partition and t.schema in (
     select pg_catalog.btrim(s.name)
     from pg_catalog.unnest(pg_catalog.string_to_array(coalesce((
       select pg_catalog.split_part(c.item, '=', 2)
       from pg_catalog.pg_db_role_setting g
       join pg_catalog.pg_roles o on o.oid = g.setrole and o.rolname = 'authenticator'
       cross join pg_catalog.unnest(g.setconfig) as c (item)
       where c.item like 'pgrst.db_schemas=%'
       order by g.setdatabase desc
       limit 1
     ), 'public'), ',')) as s (name)
   ))
