select
  'No Primary Key' as title, 'INFO' as level, 'PERFORMANCE' as category, '0004' as page,
  'Without a primary key nothing names one row: replication and paging have to read the whole table.' as description,
  'table' as type, w.schema, w.name as object,
  pg_catalog.format('Table `%s.%s` has no primary key.', w.schema, w.name) as detail,
  pg_catalog.format('no_primary_key_%s_%s', w.schema, w.name) as cache_key
from watched w
where w.kind in ('r', 'p')
  -- A partition gets its key from its parent.
  and not w.is_partition
  and not exists (select from pg_catalog.pg_constraint k where k.conrelid = w.oid and k.contype = 'p')
