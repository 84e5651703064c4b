select
  'RLS references user metadata' as title, 'ERROR' as level, 'SECURITY' as category, '0015' as page,
  'Users write their own user_metadata, so a policy that reads it lets them in where they say they belong.'
    as description,
  'table' as type, p.schema, p.table_name as object,
  pg_catalog.format('Policy `%s` of table `%s.%s` reads user_metadata from the caller''s token.', p.name, p.schema,
                    p.table_name) as detail,
  pg_catalog.format('rls_references_user_metadata_%s_%s_%s', p.schema, p.table_name, p.name) as cache_key
from policy p
where p.expression ~ '(auth\.jwt\(\)|request\.jwt)' and p.expression ~ '''[{$."]*user_metadata\M'
