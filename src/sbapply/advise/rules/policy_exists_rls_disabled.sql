select
  'Policy Exists RLS Disabled' as title, 'ERROR' as level, 'SECURITY' as category, '0007' as page,
  'Policies do nothing while row level security is off for their table.' as description,
  'table' as type, w.schema, w.name as object,
  pg_catalog.format('Table `%s.%s` has policies, and row level security is off for it.', w.schema, w.name) as detail,
  pg_catalog.format('policy_exists_rls_disabled_%s_%s', w.schema, w.name) as cache_key
from watched w
where w.kind in ('r', 'p') and not w.secured and exists (select from policy p where p.relation = w.oid)
