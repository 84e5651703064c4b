do $sbapply$
declare
  setting record;
begin
  for setting in
    select entry.key as name, entry.value
    from supabase_migrations.sbapply_units as part, pg_catalog.jsonb_each_text(part.note operator(pg_catalog.->) 'settings') as entry
    where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
  loop
    if setting.value is null then
      execute pg_catalog.format(
        'alter role %I in database %I reset %I', current_user, pg_catalog.current_database(), setting.name);
    else
      perform pg_catalog.set_config(setting.name, setting.value, true);
      execute pg_catalog.format(
        'alter role %I in database %I set %I from current', current_user, pg_catalog.current_database(), setting.name);
    end if;
  end loop;
end
$sbapply$;
