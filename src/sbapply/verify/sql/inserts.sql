do $sbapply$
declare
  tables jsonb;
  settings jsonb;
  answers jsonb[] := '{}';
  locked oid[] := '{}';
  stop boolean := false;
  nothing_stays constant text := 'sbapply: nothing of this stays';
  and_then constant text := format(' returning (%L || left(clock_timestamp()::text, 0))::integer', nothing_stays);
begin
  -- Planned once, from the rows of one table, as for the checks; and whoever holds a lock goes first.
  select jsonb_object_agg(s.name, current_setting(s.name)) into settings
    from unnest(array['plan_cache_mode', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'lock_timeout']) as s (name);
  perform set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
          set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
          set_config('lock_timeout', '50ms', true);
@tables@
  perform set_config('sbapply.call_nothing', coalesce(array_agg(t.oid), '{}')::text, true)
    from jsonb_to_recordset(tables) as t (oid oid, kind text, reason text, late_reason text)
    where t.kind = 'r' and t.reason is null and t.late_reason is null;
@not_null@
@keys@
  perform set_config(s.key, s.value, true) from jsonb_each_text(settings) as s;
  perform set_config('sbapply.inserts', to_jsonb(answers)::text, true);
end
$sbapply$;
