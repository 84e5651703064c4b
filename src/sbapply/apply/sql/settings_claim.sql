reset role;
do $sbapply$
declare
  setting record;
  before pg_catalog.jsonb := '{}';
  put pg_catalog.jsonb := '{}';
  others pg_catalog.jsonb;
  wanted record;
begin
  -- A statement that runs alone has no SET before it: time limits, and what the file has set, can only come from
  -- the role. What stood there is noted first.
  for wanted in
    select entry.name, entry.value
    from (values ('statement_timeout', {statement_timeout}), ('lock_timeout', {lock_timeout})) as entry (name, value)
    where entry.value is not null
  loop
    perform pg_catalog.set_config(wanted.name, wanted.value, true);
  end loop;
  -- Where another claim lives, what stands on the role can be its own; what stood there before is in its note.
  select coalesce(pg_catalog.jsonb_object_agg(entry.key, entry.value), '{}')
  into others
  from supabase_migrations.sbapply_units as part,
    pg_catalog.jsonb_each(part.note operator(pg_catalog.->) 'settings') as entry
  where part.finished_at is null and part.unit operator(pg_catalog.>) 0
    and (part.version operator(pg_catalog.<>) {version} or part.unit operator(pg_catalog.<>) {unit});
  for setting in
    select known.name::pg_catalog.text as name, stored.value
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
      and (known.name not in ('statement_timeout', 'lock_timeout')
        or known.name operator(pg_catalog.=) 'statement_timeout' and {statement_timeout} is not null
        or known.name operator(pg_catalog.=) 'lock_timeout' and {lock_timeout} is not null)
  loop
    before := before operator(pg_catalog.||) pg_catalog.jsonb_build_object(setting.name, case
      when others operator(pg_catalog.?) setting.name then others operator(pg_catalog.->) setting.name
      else pg_catalog.to_jsonb(setting.value) end);
    put := put operator(pg_catalog.||)
      pg_catalog.jsonb_build_object(setting.name, pg_catalog.current_setting(setting.name));
    execute pg_catalog.format(
      'alter role %I in database %I set %I from current', current_user, pg_catalog.current_database(), setting.name);
  end loop;
  update supabase_migrations.sbapply_units as part
  set note = part.note operator(pg_catalog.||) pg_catalog.jsonb_build_object('settings', before, 'own', put)
  where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
    and before operator(pg_catalog.<>) '{}';
end
$sbapply$;
