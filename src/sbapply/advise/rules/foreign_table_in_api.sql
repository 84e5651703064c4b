select
  'Foreign Table in API' as title, 'WARN' as level, 'SECURITY' as category, '0017' as page,
  'A foreign table has no row level security: who may read it reads all that its server gives.' as description,
  'table' as type, a.schema, a.name as object,
  pg_catalog.format('Foreign table `%s.%s` can be read by %s through the API.', a.schema, a.name,
                    pg_catalog.array_to_string(a.readers, ' and ')) as detail,
  pg_catalog.format('foreign_table_in_api_%s_%s', a.schema, a.name) as cache_key
from api a
where a.kind = 'f' and a.readers <> '{}'
