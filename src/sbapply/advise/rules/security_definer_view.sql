select
  'Security Definer View' as title, 'ERROR' as level, 'SECURITY' as category, '0010' as page,
  'The view reads with the rights of its owner, so row level security does not hold back who asks it.' as description,
  'view' as type, a.schema, a.name as object,
  pg_catalog.format('View `%s.%s` is not made with security_invoker.', a.schema, a.name) as detail,
  pg_catalog.format('security_definer_view_%s_%s', a.schema, a.name) as cache_key
from api a
where a.kind = 'v' and not a.invoker
