do $sbapply$
declare
  setting record;
begin
  for setting in
    -- What another living claim has put there stays for as long as that one lives, which notes what stood there before.
    select entry.key as name, coalesce((
      select other.note operator(pg_catalog.->) 'own' operator(pg_catalog.->>) entry.key
      from supabase_migrations.sbapply_units as other
      where other.finished_at is null and other.unit operator(pg_catalog.>) 0
        and (other.version operator(pg_catalog.<>) {version} or other.unit operator(pg_catalog.<>) {unit})
        and other.note operator(pg_catalog.->) 'own' operator(pg_catalog.?) entry.key
      order by other.claimed_at desc
      limit 1
    ), entry.value) as value
    from supabase_migrations.sbapply_units as part,
      pg_catalog.jsonb_each_text(part.note operator(pg_catalog.->) 'settings') as entry
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
