/* sandbox: what the advisors find in the catalog; one row, nothing is written */
with
watched as (
  -- Tables of the project's own: not the platform's schemas, not what belongs to an extension.
  select
    class.oid,
    namespace.nspname::text as schema,
    class.relname::text as name,
    class.relrowsecurity as secured,
    exists (select from pg_catalog.pg_policy as policy where policy.polrelid = class.oid) as has_policy
  from pg_catalog.pg_class as class
  join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
  where class.relkind in ('r', 'p')
    and namespace.nspname !~ '^pg_'
    and namespace.nspname <> all (array[
      'information_schema', 'auth', 'storage', 'extensions', 'graphql', 'graphql_public', 'realtime', 'vault', 'cron',
      'net', 'pgbouncer', 'supabase_functions', 'supabase_migrations'
    ])
    and not exists (
      select from pg_catalog.pg_depend as depend
      where depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and depend.objid = class.oid
        and depend.deptype = 'e'
    )
),
foreign_keys as (
  select
    watched.schema,
    watched.name,
    constraints.conname::text as fkey,
    constraints.conkey
  from watched
  join pg_catalog.pg_constraint as constraints on constraints.conrelid = watched.oid and constraints.contype = 'f'
  where not exists (
    -- The key's columns, in any order, have to be the first ones of an index over all rows.
    select
    from pg_catalog.pg_index as indexes
    where indexes.indrelid = watched.oid
      and indexes.indpred is null
      and (string_to_array(indexes.indkey::text, ' ')::int2[])[1:cardinality(constraints.conkey)] @> constraints.conkey
  )
),
twins as (
  select
    watched.schema,
    watched.name,
    array_agg(class.relname::text order by class.relname) as indexes
  from watched
  join pg_catalog.pg_index as indexes on indexes.indrelid = watched.oid
  join pg_catalog.pg_class as class on class.oid = indexes.indexrelid
  group by
    watched.schema,
    watched.name,
    class.relam,
    indexes.indisunique,
    indexes.indnkeyatts,
    indexes.indkey::text,
    indexes.indclass::text,
    indexes.indcollation::text,
    indexes.indoption::text,
    pg_catalog.pg_get_expr(indexes.indexprs, indexes.indrelid),
    pg_catalog.pg_get_expr(indexes.indpred, indexes.indrelid)
  having count(*) > 1
),
findings (lint, title, level, category, page, description, detail, schema, name, suffix, more) as (
  select
    'rls_disabled_in_public', 'RLS Disabled in Public', 'ERROR', 'SECURITY', '0013',
    'A table that the API shows to everybody does not check who reads and writes its rows.',
    format('Row level security is off for the public table `%s.%s`.', schema, name),
    schema, name, '', '{}'::jsonb
  from watched
  where schema = 'public' and not secured
  union all
  select
    'policy_exists_rls_disabled', 'Policy Exists RLS Disabled', 'ERROR', 'SECURITY', '0007',
    'Policies do nothing while row level security is off for their table.',
    format('Table `%s.%s` has policies, and row level security is off for it.', schema, name),
    schema, name, '', '{}'
  from watched
  where has_policy and not secured
  union all
  select
    'rls_enabled_no_policy', 'RLS Enabled No Policy', 'INFO', 'SECURITY', '0008',
    'Row level security is on, and without a policy nobody but its owner sees a row.',
    format('Table `%s.%s` has row level security on and no policy.', schema, name),
    schema, name, '', '{}'
  from watched
  where secured and not has_policy
  union all
  select
    'unindexed_foreign_keys', 'Unindexed foreign keys', 'INFO', 'PERFORMANCE', '0001',
    'Without an index on its columns, a foreign key makes every delete in the other table read this one whole.',
    format('The foreign key `%s` of table `%s.%s` has no index that covers it.', fkey, schema, name),
    schema, name, '_' || fkey, jsonb_build_object('fkey_name', fkey, 'fkey_columns', conkey)
  from foreign_keys
  union all
  select
    'duplicate_index', 'Duplicate Index', 'WARN', 'PERFORMANCE', '0009',
    'Indexes that are the same cost writes and give nothing.',
    format('Table `%s.%s` has the same index %s times: %s.', schema, name, cardinality(indexes), indexes::text),
    schema, name, '_' || indexes::text, jsonb_build_object('indexes', indexes)
  from twins
)
select coalesce(jsonb_agg(
  jsonb_build_object(
    'name', lint,
    'title', title,
    'level', level,
    'facing', 'EXTERNAL',
    'categories', array[category],
    'description', description,
    'detail', detail,
    'remediation', format('https://supabase.com/docs/guides/database/database-linter?lint=%s_%s', page, lint),
    'metadata', jsonb_build_object('type', 'table', 'schema', schema, 'name', name) || more,
    'cache_key', lint || '_' || schema || '_' || name || suffix
  ) order by lint, schema, name, suffix
), '[]') as lints
from findings;
