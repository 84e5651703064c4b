select
  'Extension in Public' as title, 'WARN' as level, 'SECURITY' as category, '0014' as page,
  'What the extension brings stands among the tables and functions that the API shows.' as description,
  'extension' as type, n.nspname::text as schema, x.extname::text as object,
  pg_catalog.format('Extension `%s` is installed in the schema `public`.', x.extname) as detail,
  pg_catalog.format('extension_in_public_%s', x.extname) as cache_key
from pg_catalog.pg_extension x
join pg_catalog.pg_namespace n on n.oid = x.extnamespace and n.nspname = 'public'
