select
  'Multiple Permissive Policies' as title, 'WARN' as level, 'PERFORMANCE' as category, '0006' as page,
  'Every permissive policy that meets a statement is computed for every row; one that says it all costs less.'
    as description,
  'table' as type, p.schema, p.table_name as object,
  pg_catalog.format(
    'Table `%s.%s` has %s permissive policies for role `%s` and %s: %s.', p.schema, p.table_name,
    pg_catalog.count(*), meant.role, meant.command,
    pg_catalog.string_agg(pg_catalog.format('`%s`', p.name), ', ' order by p.name collate "C")
  ) as detail,
  pg_catalog.format('multiple_permissive_policies_%s_%s_%s_%s', p.schema, p.table_name, meant.role, meant.command)
    as cache_key
from policy p
join watched w on w.oid = p.relation
cross join lateral (
  select r.role, c.command
  from (
    -- PUBLIC is every role; the two that the API works as stand for them.
    select c.name from caller c where p.roles @> array[0::pg_catalog.oid]
    union
    select r.rolname::text from pg_catalog.pg_roles r where r.oid = any (p.roles) and not r.rolbypassrls
  ) r (role)
  cross join (values ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE')) c (letter, command)
  where p.command = '*' or p.command::text = c.letter
) meant
where p.permissive and p.secured
group by p.schema, p.table_name, meant.role, meant.command
having pg_catalog.count(*) > 1
