select distinct
  'Exposed Auth Users' as title, 'ERROR' as level, 'SECURITY' as category, '0002' as page,
  'Who may read this view through the API reads what the platform keeps of every user.' as description,
  'view' as type, a.schema, a.name as object,
  pg_catalog.format('View `%s.%s` shows rows of `auth.users` to %s.', a.schema, a.name,
                    pg_catalog.array_to_string(a.readers, ' and ')) as detail,
  pg_catalog.format('auth_users_exposed_%s_%s', a.schema, a.name) as cache_key
from api a
join pg_catalog.pg_rewrite w on w.ev_class = a.oid
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
  and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
join pg_catalog.pg_class u on u.oid = d.refobjid and u.relname = 'users'
join pg_catalog.pg_namespace n on n.oid = u.relnamespace and n.nspname = 'auth'
where a.kind in ('v', 'm')
  and a.readers <> '{}'
  -- A view with its caller's rights shows what the caller may see of the table itself.
  and (
    a.kind = 'm'
    or not a.invoker
    or (not u.relrowsecurity and exists (
      select from caller c where pg_catalog.has_any_column_privilege(c.oid, u.oid, 'select')
    ))
  )
