select
  'Function Search Path Mutable' as title, 'WARN' as level, 'SECURITY' as category, '0011' as page,
  'Names in the function mean what the search_path of its caller says; with `set search_path = ''''` it cannot be led astray.'
    as description,
  'function' as type, r.schema::text, r.name::text as object,
  pg_catalog.format('Function `%s.%s(%s)` sets no search_path of its own.', r.schema, r.name, r.types) as detail,
  pg_catalog.format('function_search_path_mutable_%s_%s_%s', r.schema, r.name, r.types) as cache_key
from routine r
join space s on s.name = r.schema and s.belongs = ''
join pg_catalog.pg_proc p on p.oid = r.oid
join pg_catalog.pg_language l on l.oid = p.prolang
where r.belongs = ''
  and r.kind in ('f', 'p')
  and l.lanname not in ('c', 'internal')
  -- A body of the SQL standard holds what its names meant when it was made.
  and p.prosqlbody is null
  and not exists (select from pg_catalog.unnest(p.proconfig) config (entry) where config.entry ^@ 'search_path=')
