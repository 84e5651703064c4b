with
{around},
{alias},
{about},
found (kind, id, key, facts, belongs) as materialized (
{kinds}
),
known (id) as materialized (
  select f.id from found f where f.id is not null
),
-- What a dependency names, and the object that it means.
resolved (id, stands_for) as materialized (
  select k.id, k.id
  from known k
  left join alias a on a.id = k.id
  where a.id is null
  union all
  select a.id, a.stands_for
  from alias a
  join known k on k.id = a.stands_for
),
remark (kind, id, key, facts, belongs) as materialized (
{remarks}
)
select pg_catalog.json_build_object(
  'version', pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
  'kinds', (
    select pg_catalog.json_object_agg(k.kind, k.objects)
    from (
      select o.kind, pg_catalog.json_agg(pg_catalog.json_build_array(o.id, o.key, o.facts, o.belongs)) as objects
      from (select f.* from found f union all select r.* from remark r) as o
      group by o.kind
    ) as k
  ),
  'needs', (
    select pg_catalog.json_agg(pg_catalog.json_build_array(n.dependent, n.needed, n.later))
    from (
{depends}
    ) as n
  ),
  -- What has no row of its own and of which something is said.
  'unnamed', (
    select pg_catalog.json_agg(pg_catalog.json_build_array(u.id, u.kind, u.belongs, u.names))
    from (
{unnamed}
    ) as u (id, kind, belongs, names)
    left join known k on k.id = u.id
    where k.id is null and u.id in (select m.id from remark m)
  ),
  'not covered', (
    select pg_catalog.json_agg(u.name order by u.name)
    from (
{uncovered}
    ) as u (name)
  )
)::text as catalog
