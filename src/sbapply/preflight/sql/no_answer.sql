select pg_catalog.set_config('sbapply.answers', (pg_catalog.current_setting('sbapply.answers')::pg_catalog.jsonb
  operator(pg_catalog.||) pg_catalog.jsonb_build_object(
    'number', pg_catalog.current_setting('sbapply.question')::pg_catalog.jsonb operator(pg_catalog.->) 'number',
    'table', null, 'reason', 'no answer within the time limit', 'sqlstate', '57014'))::pg_catalog.text, true)
