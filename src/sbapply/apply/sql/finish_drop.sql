do $sbapply$
begin
  if pg_catalog.to_regclass(pg_catalog.format('%I.%I', {schema}, {index})) is not null then
    raise exception using errcode = 'SBA07', message = 'the index is still there';
  end if;
end
$sbapply$;
