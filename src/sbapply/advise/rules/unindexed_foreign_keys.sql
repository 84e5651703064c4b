select
  'Unindexed foreign keys' as title, 'INFO' as level, 'PERFORMANCE' as category, '0001' as page,
  'Without an index on its columns, a foreign key makes every delete in the other table read this one whole.'
    as description,
  'table' as type, w.schema, w.name as object,
  pg_catalog.format('The foreign key `%s` of table `%s.%s` has no index that covers it.', k.conname, w.schema, w.name)
    as detail,
  pg_catalog.format('unindexed_foreign_keys_%s_%s_%s', w.schema, w.name, k.conname) as cache_key,
  k.conname as fkey_name, k.conkey as fkey_columns
from watched w
-- A partition's key comes from its parent's, and so does the index that would help.
join pg_catalog.pg_constraint k on k.conrelid = w.oid and k.contype = 'f' and k.conparentid = 0
where not exists (
  -- The key's columns, in any order, have to be the first ones of an index over all rows.
  select
  from pg_catalog.pg_index i
  where i.indrelid = w.oid
    and i.indisvalid
    and i.indpred is null
    and i.indnkeyatts >= pg_catalog.cardinality(k.conkey)
    and (pg_catalog.string_to_array(i.indkey::text, ' ')::int2[])[1:pg_catalog.cardinality(k.conkey)] @> k.conkey
)
