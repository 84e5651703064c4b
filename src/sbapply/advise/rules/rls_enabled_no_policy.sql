select
  'RLS Enabled No Policy' as title, 'INFO' as level, 'SECURITY' as category, '0008' as page,
  'Row level security is on, and without a policy nobody but its owner sees a row.' as description,
  'table' as type, w.schema, w.name as object,
  pg_catalog.format('Table `%s.%s` has row level security on and no policy.', w.schema, w.name) as detail,
  pg_catalog.format('rls_enabled_no_policy_%s_%s', w.schema, w.name) as cache_key
from watched w
where w.kind in ('r', 'p') and w.secured and not exists (select from policy p where p.relation = w.oid)
