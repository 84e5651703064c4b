do $sbapply$
declare
  parent pg_catalog.oid := pg_catalog.oid({relation}::pg_catalog.regclass);
  parent_schema pg_catalog.text;
  parent_name pg_catalog.text;
  chosen pg_catalog.text := {index};
  free pg_catalog.text;
  wanted pg_catalog.text;
  earlier record;
  target pg_catalog.oid;
  on_table pg_catalog.oid;
  usable pg_catalog.bool;
  definition pg_catalog.text;
  needed pg_catalog.bool;
  adopted pg_catalog.oid;
  released pg_catalog.bool := false;
  taken pg_catalog.oid;
begin
  select space.nspname, relation.relname
  into parent_schema, parent_name
  from pg_catalog.pg_class as relation
  join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
  where relation.oid operator(pg_catalog.=) parent;
  -- On an empty likeness of the table the server says how it would define the index, and which name it would choose:
  -- two deliveries of a statement without a name would build two indexes.
  begin
    execute pg_catalog.format('create temporary table %I (like %I.%I)', parent_name, parent_schema, parent_name);
    loop
      execute {likeness};
      select made.oid, made.relname
      into target, free
      from pg_catalog.pg_index as entry
      join pg_catalog.pg_class as made on made.oid operator(pg_catalog.=) entry.indexrelid
      join pg_catalog.pg_class as alike on alike.oid operator(pg_catalog.=) entry.indrelid
      where alike.relname operator(pg_catalog.=) parent_name
        and alike.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()
      order by made.oid desc
      limit 1;
      exit when chosen is not null
        or pg_catalog.to_regclass(pg_catalog.format('%I.%I', parent_schema, free)) is null;
    end loop;
{define}
    wanted := definition;
    raise exception using errcode = 'SBA99';
  exception
    when sqlstate 'SBA99' then
      null;
    when lock_not_available or deadlock_detected then
      raise;
    when others then
      -- Where no likeness can be made (an expression over the whole row, say), nobody can tell.
      if chosen is null then
        raise;
      end if;
  end;
  -- A request of a claim that was given up can have come late. What it has built is known by its table and its
  -- definition, never by its name alone: that is anybody's.
  for earlier in
{given_up}
  loop
    released := released
      or earlier.space operator(pg_catalog.=) parent_schema and earlier.name operator(pg_catalog.=) chosen;
{found_earlier}
    continue when target is null or on_table operator(pg_catalog.<>) earlier.owner
      or coalesce(target operator(pg_catalog.=) adopted, false);
{held_earlier}
    if usable and on_table operator(pg_catalog.=) parent and definition operator(pg_catalog.=) wanted
      and (chosen is null or adopted is null and earlier.name operator(pg_catalog.=) chosen) then
      chosen := earlier.name;
      adopted := target;
    elsif not needed and on_table operator(pg_catalog.=) earlier.owner and (
      definition operator(pg_catalog.=) earlier.definition or earlier.definition is null and not usable
    ) then
      execute pg_catalog.format('drop index %s', target::pg_catalog.regclass);
    end if;
  end loop;
  chosen := coalesce(chosen, free);
  select relation.oid
  into taken
  from pg_catalog.pg_class as relation
  join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
  where space.nspname operator(pg_catalog.=) parent_schema and relation.relname operator(pg_catalog.=) chosen;
{found_chosen}
  if taken is not null and adopted is null then
{define}
    if released and usable and on_table operator(pg_catalog.=) parent and definition operator(pg_catalog.=) wanted then
      adopted := target;
    elsif not {conditional} then
      raise exception using errcode = '42P07', message = pg_catalog.format('relation "%s" already exists', chosen);
    elsif usable is false then
      raise exception using errcode = 'SBA08', message = pg_catalog.format(
        'an invalid index "%s" is there that this migration has not made', chosen);
    end if;
  end if;
  insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt, note)
  values ({version}, {unit}, {reach}, {digest}, {attempt}, pg_catalog.jsonb_build_object(
    'effect', 'build', 'schema', parent_schema, 'index', chosen, 'table', parent, 'definition', wanted,
    'skip', taken is not null and adopted is null, 'found', adopted is not null));
end
$sbapply$;
