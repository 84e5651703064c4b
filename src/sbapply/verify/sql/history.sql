do $sbapply$
declare
  asked jsonb := current_setting('sbapply.asked_history')::jsonb;
  present jsonb;
  answer jsonb;
begin
  begin
    if to_regclass('supabase_migrations.schema_migrations') is null then
      answer := jsonb_build_object('present', '[]'::jsonb, 'reason', 'there is no history table');
    else
      execute 'select coalesce(jsonb_agg(m.version order by m.version), ''[]'')
               from supabase_migrations.schema_migrations m
               where m.version in (select jsonb_array_elements_text($1))'
        into present using asked;
      answer := jsonb_build_object('present', present);
    end if;
  exception when others then
    answer := jsonb_build_object('sqlstate', sqlstate, 'reason', sqlerrm);
  end;
  perform set_config('sbapply.history', answer::text, true);
end
$sbapply$;
