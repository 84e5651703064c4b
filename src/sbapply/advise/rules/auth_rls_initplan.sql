select
  'Auth RLS Initialization Plan' as title, 'WARN' as level, 'PERFORMANCE' as category, '0003' as page,
  'The policy asks who is calling once a row; as a subquery, `(select auth.uid())`, it would ask once a statement.'
    as description,
  'table' as type, p.schema, p.table_name as object,
  pg_catalog.format('Policy `%s` of table `%s.%s` calls %s for every row.', p.name, p.schema, p.table_name, asks.call)
    as detail,
  pg_catalog.format('auth_rls_init_plan_%s_%s_%s', p.schema, p.table_name, p.name) as cache_key
from policy p
-- Without what stands in quotes, and without the calls that are subqueries of their own.
cross join pg_catalog.regexp_replace(p.expression, '''([^'']|'''')*''', '', 'g') unquoted (text)
cross join pg_catalog.regexp_replace(
  unquoted.text, 'select\s+\(*(auth\.(uid|jwt|role|email)\(\)|current_setting\()', '', 'gi'
) bare (text)
cross join pg_catalog.substring(bare.text, '(?:auth\.(?:uid|jwt|role|email)\(\)|\mcurrent_setting(?=\())') asks (call)
where p.secured and asks.call is not null
