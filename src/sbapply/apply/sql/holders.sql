/* sbapply: find who holds locks; nothing is written */
set search_path = '';
select
  held.pid,
  relation.relname::pg_catalog.text as relation,
  pg_catalog.format('%I.%I', space.nspname, relation.relname) as shown,
  held.mode,
  session.usename::pg_catalog.text as role,
  session.application_name as application,
  session.state,
  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() operator(pg_catalog.-) session.xact_start) as seconds
from pg_catalog.pg_locks as held
join pg_catalog.pg_class as relation on relation.oid operator(pg_catalog.=) held.relation
join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
join pg_catalog.pg_stat_activity as session on session.pid operator(pg_catalog.=) held.pid
where held.granted
  and held.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
  and relation.relkind in ('r', 'p', 'm', 'v')
  and space.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'supabase_migrations')
  and session.backend_type operator(pg_catalog.=) 'client backend'
order by session.xact_start
limit 200;
