/* sbapply advisors */
begin isolation level repeatable read, read only;
{settings}with
{catalog},
{around},
found (finding) as (
{rules}
)
select coalesce(
  pg_catalog.jsonb_agg(
    f.finding
    order by f.finding->>'name' collate "C", f.finding->>'schema' collate "C", f.finding->>'object' collate "C",
      f.finding->>'cache_key' collate "C"
  ), '[]'
)::text as findings
from found f;
rollback;
