-- What the rules lean on, beside the catalog's own `around.sql`: what is the project's own, and what its API shows.
watched (oid, schema, name, kind, is_partition, secured, invoker, schema_oid) as materialized (
  select r.oid, r.schema::text, r.name::text, r.kind, c.relispartition, c.relrowsecurity,
         coalesce((
           select o.option_value::pg_catalog.bool
           from pg_catalog.pg_options_to_table(c.reloptions) o
           where o.option_name = 'security_invoker'
         ), false),
         s.oid
  from relation r
  join space s on s.name = r.schema and s.belongs = ''
  join pg_catalog.pg_class c on c.oid = r.oid
  where r.belongs = '' and r.persistence <> 't'
),
-- As whom the API works for somebody without a key of the project's own.
caller (oid, name) as materialized (
  select r.oid, r.rolname::text from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated')
),
-- Which schemas the API shows; the platform keeps that setting outside of the database unless somebody sets it here.
exposed (name) as materialized (
  select pg_catalog.btrim(listed.name)
  from pg_catalog.unnest(pg_catalog.string_to_array(coalesce((
    select pg_catalog.substr(config.entry, pg_catalog.length('pgrst.db_schemas=') + 1)
    from pg_catalog.pg_db_role_setting setting
    join pg_catalog.pg_roles r on r.oid = setting.setrole and r.rolname = 'authenticator'
    cross join pg_catalog.unnest(setting.setconfig) config (entry)
    where setting.setdatabase in (0, (
        select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
      ))
      and config.entry ^@ 'pgrst.db_schemas='
    order by setting.setdatabase desc
    limit 1
  ), 'public'), ',')) listed (name)
),
-- What callers reach through the API, and which of them may read it.
api (oid, schema, name, kind, secured, invoker, readers) as materialized (
  select w.oid, w.schema, w.name, w.kind, w.secured, w.invoker,
         coalesce(pg_catalog.array_agg(c.name order by c.name)
           filter (where pg_catalog.has_any_column_privilege(c.oid, w.oid, 'select')), '{}')
  from watched w
  join exposed e on e.name = w.schema
  join caller c on pg_catalog.has_schema_privilege(c.oid, w.schema_oid, 'usage')
    and (pg_catalog.has_any_column_privilege(c.oid, w.oid, 'select, insert, update')
         or pg_catalog.has_table_privilege(c.oid, w.oid, 'delete, truncate'))
  where w.kind in ('r', 'p', 'v', 'm', 'f')
  group by w.oid, w.schema, w.name, w.kind, w.secured, w.invoker
),
-- Policies are the project's own on the platform's tables too.
policy (relation, schema, table_name, name, secured, permissive, command, roles, expression) as materialized (
  select r.oid, r.schema::text, r.name::text, p.polname::text, c.relrowsecurity, p.polpermissive, p.polcmd, p.polroles,
         pg_catalog.concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                              pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  from relation r
  join pg_catalog.pg_class c on c.oid = r.oid
  join pg_catalog.pg_policy p on p.polrelid = r.oid
  where r.belongs in ('', 'platform')
)
