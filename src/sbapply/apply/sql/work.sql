coalesce((
    select pg_catalog.jsonb_build_object(
      'seconds', pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() operator(pg_catalog.-) session.query_start),
      'phase', building.phase,
      'done', building.blocks_done,
      'total', building.blocks_total,
      'blockers', (
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'pid', blocker.pid, 'role', blocker.usename, 'application', blocker.application_name,
          'state', blocker.state, 'query', pg_catalog.left(blocker.query, 200),
          'seconds', pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() operator(pg_catalog.-) blocker.xact_start)
        ))
        from pg_catalog.pg_stat_activity as blocker
        where blocker.pid operator(pg_catalog.=) any (pg_catalog.pg_blocking_pids(session.pid))
      )
    )::pg_catalog.text
    from pg_catalog.pg_stat_activity as session
    left join pg_catalog.pg_stat_progress_create_index as building on building.pid operator(pg_catalog.=) session.pid
    where session.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
      and session.state not in ('idle', 'idle in transaction', 'idle in transaction (aborted)')
      and pg_catalog.strpos(session.query, {marker_head} operator(pg_catalog.||) {marker_tail}) operator(pg_catalog.>) 0
    limit 1
  ), 'null')
