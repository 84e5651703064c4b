-- Every built-in name that a statement can use: what kind of thing, its name, and how many arguments it takes.
select 'functions' as kind, proname::text as name,
  case when provariadic <> 0 then pronargs - 1 else pronargs - pronargdefaults end as least,
  case when provariadic <> 0 then null else pronargs end as most
from pg_catalog.pg_proc where pronamespace = 'pg_catalog'::pg_catalog.regnamespace
union
select 'types', typname::text, 0, 0 from pg_catalog.pg_type
where typnamespace = 'pg_catalog'::pg_catalog.regnamespace and typelem = 0 and typtype <> 'c'
union
select 'operators', oprname::text, 0, 0 from pg_catalog.pg_operator
where oprnamespace = 'pg_catalog'::pg_catalog.regnamespace
union
select 'casts', source.typname || ' ' || target.typname, 0, 0
from pg_catalog.pg_cast
join pg_catalog.pg_type source on source.oid = castsource
join pg_catalog.pg_type target on target.oid = casttarget
union
select 'settings', name, 0, 0 from pg_catalog.pg_settings where name not like '%.%'
union
select 'relations', relname::text, 0, 0 from pg_catalog.pg_class
where relnamespace = 'pg_catalog'::pg_catalog.regnamespace and relkind in ('r', 'v')
union
select 'roles', rolname::text, 0, 0 from pg_catalog.pg_roles where rolname like 'pg\_%'
union
-- What ICU and libc bring depends on the machine; what PostgreSQL itself names has a fixed oid, since 17.
select 'collations', collname::text, 0, 0 from pg_catalog.pg_collation
where collnamespace = 'pg_catalog'::pg_catalog.regnamespace and (oid < 12000 or collname = 'ucs_basic')
