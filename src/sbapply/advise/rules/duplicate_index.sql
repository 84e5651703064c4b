select
  'Duplicate Index' as title, 'WARN' as level, 'PERFORMANCE' as category, '0009' as page,
  'Indexes that are the same cost writes and give nothing.' as description,
  'table' as type, w.schema, w.name as object,
  pg_catalog.format('Table `%s.%s` has the same index %s times: %s.', w.schema, w.name, pg_catalog.count(*),
                    pg_catalog.array_agg(c.relname::text order by c.relname)) as detail,
  pg_catalog.format('duplicate_index_%s_%s_%s', w.schema, w.name, pg_catalog.array_agg(c.relname::text order by c.relname))
    as cache_key,
  pg_catalog.array_agg(c.relname::text order by c.relname) as indexes
from watched w
join pg_catalog.pg_index i on i.indrelid = w.oid and i.indisvalid
join pg_catalog.pg_class c on c.oid = i.indexrelid
group by
  w.oid, w.schema, w.name, c.relam, i.indisunique, i.indnullsnotdistinct, i.indimmediate, i.indnkeyatts,
  i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
  pg_catalog.pg_get_expr(i.indexprs, i.indrelid), pg_catalog.pg_get_expr(i.indpred, i.indrelid)
having pg_catalog.count(*) > 1
  -- Those that partitions have of their parent's are the parent's to drop.
  and pg_catalog.bool_or(not c.relispartition)
  -- The keys of an exclusion constraint have operators, which are not compared here.
  and not pg_catalog.bool_or(i.indisexclusion)
