do $sbapply$
begin
  -- The marker is put together here so that this request does not find itself.
  if exists (
    select from pg_catalog.pg_stat_activity as session
    where session.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
      and session.state operator(pg_catalog.=) 'active'
      and pg_catalog.strpos(session.query, {marker_head} operator(pg_catalog.||) {marker_tail}) operator(pg_catalog.>) 0
  ) then
    raise exception using errcode = '55P03', message = pg_catalog.format(
      'a statement of version %s that a push has sent is still at work', {version});
  end if;
end
$sbapply$;
