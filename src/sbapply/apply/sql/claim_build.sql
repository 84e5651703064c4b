do $sbapply$
declare
  parent pg_catalog.oid := pg_catalog.oid({relation}::pg_catalog.regclass);
  parent_schema pg_catalog.text;
  parent_name pg_catalog.text;
  chosen pg_catalog.text := {index};
  taken pg_catalog.oid;
  usable pg_catalog.bool;
  released pg_catalog.bool := {replaces} or exists (
    select from supabase_migrations.sbapply_units as part
    where part.version operator(pg_catalog.=) {version}
      and part.unit operator(pg_catalog.=) (0 operator(pg_catalog.-) {unit}));
begin
  select space.nspname, relation.relname
  into parent_schema, parent_name
  from pg_catalog.pg_class as relation
  join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
  where relation.oid operator(pg_catalog.=) parent;
  if chosen is null then
    -- The name that the server would choose, chosen by the server, on an empty likeness of the table: two deliveries
    -- of a statement without a name would build two indexes.
    begin
      execute pg_catalog.format('create temporary table %I (like %I.%I)', parent_name, parent_schema, parent_name);
      loop
        execute {likeness};
        select made.relname
        into chosen
        from pg_catalog.pg_index as entry
        join pg_catalog.pg_class as made on made.oid operator(pg_catalog.=) entry.indexrelid
        join pg_catalog.pg_class as alike on alike.oid operator(pg_catalog.=) entry.indrelid
        where alike.relname operator(pg_catalog.=) parent_name
          and alike.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()
        order by made.oid desc
        limit 1;
        exit when pg_catalog.to_regclass(pg_catalog.format('%I.%I', parent_schema, chosen)) is null;
      end loop;
      raise exception using errcode = 'SBA99';
    exception
      when sqlstate 'SBA99' then
        null;
    end;
  end if;
  select relation.oid, entry.indisvalid
  into taken, usable
  from pg_catalog.pg_class as relation
  join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
  left join pg_catalog.pg_index as entry on entry.indexrelid operator(pg_catalog.=) relation.oid
  where space.nspname operator(pg_catalog.=) parent_schema and relation.relname operator(pg_catalog.=) chosen;
  if usable is not null and released then
    -- Its name was free at an earlier claim, so a late request of that one has built it.
    execute pg_catalog.format('drop index %I.%I', parent_schema, chosen);
    taken := null;
    usable := null;
  end if;
  if taken is not null and not {conditional} then
    raise exception using errcode = '42P07', message = pg_catalog.format('relation "%s" already exists', chosen);
  end if;
  if taken is not null and usable is false then
    raise exception using errcode = 'SBA08', message = pg_catalog.format(
      'an invalid index "%s" is there that this migration has not made', chosen);
  end if;
  insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt, note)
  values ({version}, {unit}, {reach}, {digest}, {attempt}, pg_catalog.jsonb_build_object(
    'effect', 'build', 'schema', parent_schema, 'index', chosen, 'skip', taken is not null, 'replaces', released));
end
$sbapply$;
