do $sbapply$
declare
  own_name pg_catalog.text := pg_catalog.format('%I.%I', {schema}, {index});
  present_name pg_catalog.text := pg_catalog.format('%I.%I', {schema}, {renamed});
begin
  if pg_catalog.to_regclass(present_name) is null then
    if pg_catalog.to_regclass(own_name) is null and not {may_be_gone} then
      raise exception using errcode = 'SBA12', message = pg_catalog.format(
        'index %s is gone: the drop that was sent for it took effect', own_name);
    end if;
  elsif pg_catalog.to_regclass(own_name) is not null then
    raise exception using errcode = 'SBA13', message = pg_catalog.format(
      'index %s, which was not dropped, cannot have its name back, because %s is another one by now',
      present_name, own_name);
  else
    execute pg_catalog.format('alter index %I.%I rename to %I', {schema}, {renamed}, {index});
  end if;
end
$sbapply$;
