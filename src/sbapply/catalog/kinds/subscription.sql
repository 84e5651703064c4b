-- Where it takes its rows from stands in its connection, which holds a password and is not readable.
select (s.tableoid::pg_catalog.int8 << 32) + s.oid::pg_catalog.int8 as id, array[s.subname]::text[] as key,
       pg_catalog.json_build_object('publications', s.subpublications, 'enabled', s.subenabled) as facts,
       '' as belongs
from pg_catalog.pg_subscription s
join pg_catalog.pg_database d on d.oid = s.subdbid
where d.datname = pg_catalog.current_database()
