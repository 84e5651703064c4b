/* sbapply: cancel what an interrupted run left at work */
select pg_catalog.count(pg_catalog.pg_cancel_backend(session.pid)) as cancelled
from pg_catalog.pg_stat_activity as session
where session.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
  and session.state operator(pg_catalog.=) 'active'
  and pg_catalog.strpos(session.query, {marker_head} operator(pg_catalog.||) {marker_tail}) operator(pg_catalog.>) 0;
