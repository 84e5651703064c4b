select
  'RLS Disabled in Public' as title, 'ERROR' as level, 'SECURITY' as category, '0013' as page,
  'A table that the API shows to everybody does not check who reads and writes its rows.' as description,
  'table' as type, a.schema, a.name as object,
  pg_catalog.format('Row level security is off for table `%s.%s`, which the API shows.', a.schema, a.name) as detail,
  pg_catalog.format('rls_disabled_in_public_%s_%s', a.schema, a.name) as cache_key
from api a
where a.kind in ('r', 'p') and not a.secured
