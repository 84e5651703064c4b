reset role;
do $sbapply$
declare
  setting record;
  before pg_catalog.jsonb := '{}';
  put pg_catalog.jsonb := '{}';
  plain pg_catalog.jsonb := '{}';
  others pg_catalog.jsonb;
  plain_of_others pg_catalog.jsonb;
  wanted record;
begin
  -- A statement that runs alone has no SET before it: time limits, and what the file has set, can only come from
  -- the role. What stood there is noted first, and what a session without it starts with.
  for wanted in
    select entry.name, entry.value
    from (values ('statement_timeout', {statement_timeout}), ('lock_timeout', {lock_timeout})) as entry (name, value)
    where entry.value is not null
  loop
    perform pg_catalog.set_config(wanted.name, wanted.value, true);
  end loop;
  -- Requests of ours begin under it too, and a large one is not even parsed in less than that.
  if (
    select known.setting::pg_catalog.int4 between 1 and 999
    from pg_catalog.pg_settings as known
    where known.name operator(pg_catalog.=) 'statement_timeout'
  ) then
    perform pg_catalog.set_config('statement_timeout', '1s', true);
  end if;
  -- Where another claim lives, what stands on the role can be its own; what stood there before is in its note.
  select coalesce(pg_catalog.jsonb_object_agg(entry.key, entry.value), '{}')
  into others
  from supabase_migrations.sbapply_units as part,
    pg_catalog.jsonb_each(part.note operator(pg_catalog.->) 'settings') as entry
  where part.finished_at is null and part.unit operator(pg_catalog.>) 0
    and (part.version operator(pg_catalog.<>) {version} or part.unit operator(pg_catalog.<>) {unit});
  select coalesce(pg_catalog.jsonb_object_agg(entry.key, entry.value), '{}')
  into plain_of_others
  from supabase_migrations.sbapply_units as part,
    pg_catalog.jsonb_each(part.note operator(pg_catalog.->) 'plain') as entry
  where part.finished_at is null and part.unit operator(pg_catalog.>) 0
    and (part.version operator(pg_catalog.<>) {version} or part.unit operator(pg_catalog.<>) {unit});
  -- What this claim leaves to the role is what stood there before the others.
  for wanted in
    select entry.key as name, entry.value
    from pg_catalog.jsonb_each_text(plain_of_others) as entry
    where entry.key operator(pg_catalog.=) any (array[{kept}]::pg_catalog.text[])
  loop
    perform pg_catalog.set_config(wanted.name, wanted.value, true);
  end loop;
  for setting in
    select known.name::pg_catalog.text as name, coalesce(known.reset_val, '') as plain, stored.value
    from pg_catalog.pg_settings as known
    left join lateral (
      select pg_catalog.substr(entry, pg_catalog.strpos(entry, '=') operator(pg_catalog.+) 1) as value
      from pg_catalog.pg_db_role_setting as own, pg_catalog.unnest(own.setconfig) as entry
      where own.setdatabase operator(pg_catalog.=) (
          select base.oid from pg_catalog.pg_database as base
          where base.datname operator(pg_catalog.=) pg_catalog.current_database())
        and own.setrole operator(pg_catalog.=) pg_catalog.oid(current_user::pg_catalog.regrole)
        and pg_catalog.starts_with(entry, known.name operator(pg_catalog.||) '=')
    ) as stored on true
    where known.source operator(pg_catalog.=) 'session'
      and known.context in ('user', 'superuser')
      -- With these the role's next sessions, ours among them, could not finish what is begun here.
      and known.name operator(pg_catalog.<>) all (array[
        'default_transaction_read_only', 'exit_on_error', 'standard_conforming_strings'])
      and (known.setting is distinct from known.reset_val or others operator(pg_catalog.?) known.name)
      and not pg_catalog.starts_with(known.name, 'sbapply.')
      and not pg_catalog.starts_with(known.name, 'transaction_')
      and (known.name operator(pg_catalog.<>) all (array[{kept}]::pg_catalog.text[])
        or plain_of_others operator(pg_catalog.?) known.name)
  loop
    before := before operator(pg_catalog.||) pg_catalog.jsonb_build_object(setting.name, case
      when others operator(pg_catalog.?) setting.name then others operator(pg_catalog.->) setting.name
      else pg_catalog.to_jsonb(setting.value) end);
    plain := plain operator(pg_catalog.||) pg_catalog.jsonb_build_object(setting.name,
      coalesce(plain_of_others operator(pg_catalog.->>) setting.name, setting.plain));
    put := put operator(pg_catalog.||)
      pg_catalog.jsonb_build_object(setting.name, pg_catalog.current_setting(setting.name));
    execute pg_catalog.format(
      'alter role %I in database %I set %I from current', current_user, pg_catalog.current_database(), setting.name);
  end loop;
  update supabase_migrations.sbapply_units as part
  set note = part.note operator(pg_catalog.||) pg_catalog.jsonb_build_object(
    'settings', before, 'own', put, 'plain', plain)
  where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
    and before operator(pg_catalog.<>) '{}';
end
$sbapply$;
