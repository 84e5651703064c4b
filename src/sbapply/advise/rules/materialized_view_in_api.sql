select
  'Materialized View in API' as title, 'WARN' as level, 'SECURITY' as category, '0016' as page,
  'A materialized view has no row level security: who may read it reads all of it.' as description,
  'view' as type, a.schema, a.name as object,
  pg_catalog.format('Materialized view `%s.%s` can be read by %s through the API.', a.schema, a.name,
                    pg_catalog.array_to_string(a.readers, ' and ')) as detail,
  pg_catalog.format('materialized_view_in_api_%s_%s', a.schema, a.name) as cache_key
from api a
where a.kind = 'm' and a.readers <> '{}'
