select pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn as wal, (
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::pg_catalog.int8, l.mode, c.relfilenode::pg_catalog.int8)), '[]')
  from pg_catalog.pg_locks l
  left join pg_catalog.pg_class c on c.oid = l.relation
  where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.granted
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
) as locks
