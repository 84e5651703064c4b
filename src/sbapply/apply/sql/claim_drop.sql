do $sbapply$
declare
  target pg_catalog.oid := pg_catalog.oid(pg_catalog.to_regclass({relation}));
  index_schema pg_catalog.text;
  index_name pg_catalog.text;
  kind pg_catalog.text;
  usable pg_catalog.bool;
begin
  select space.nspname, relation.relname, relation.relkind::pg_catalog.text,
    entry.indisvalid and entry.indisready and entry.indislive
  into index_schema, index_name, kind, usable
  from pg_catalog.pg_class as relation
  join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
  left join pg_catalog.pg_index as entry on entry.indexrelid operator(pg_catalog.=) relation.oid
  where relation.oid operator(pg_catalog.=) target;
  if target is null and not {conditional} then
    raise exception using errcode = '42704', message = pg_catalog.format('index "%s" does not exist', {index});
  end if;
  if kind operator(pg_catalog.<>) 'i' then
    raise exception using errcode = '42809', message = case kind
      when 'I' then pg_catalog.format('cannot drop partitioned index "%s" concurrently', index_name)
      else pg_catalog.format('"%s" is not an index', index_name)
    end;
  end if;
  if target is not null then
    execute pg_catalog.format('alter index %I.%I rename to %I', index_schema, index_name, {renamed});
  end if;
  insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt, note)
  values ({version}, {unit}, {reach}, {digest}, {attempt}, pg_catalog.jsonb_build_object(
    'effect', 'drop', 'schema', index_schema, 'index', index_name, 'renamed', {renamed}, 'skip', target is null,
    'valid', coalesce(usable, false)));
end
$sbapply$;
