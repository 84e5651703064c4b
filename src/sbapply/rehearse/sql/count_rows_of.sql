select {number} as number, pg_catalog.count(*)::pg_catalog.int4 as count, pg_catalog.md5(
  coalesce(pg_catalog.string_agg(r.digest, '' order by r.digest), '')) as digest
from (select pg_catalog.md5((t.*)::text) from only {table} as t) as r (digest)
