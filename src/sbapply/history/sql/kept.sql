select pg_catalog.set_config('sbapply.state', (
  select pg_catalog.row_to_json(state)::pg_catalog.text
  from (
{state}
  ) as state
), false)
