do language plpgsql {tag}
begin
  -- Delivered twice, or behind the end of its claim, it does nothing.
  update supabase_migrations.sbapply_units as part
  set note = part.note operator(pg_catalog.||) pg_catalog.jsonb_build_object('begun', true)
  where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
    and part.attempt operator(pg_catalog.=) {attempt} and part.finished_at is null
    and not part.note operator(pg_catalog.?) 'begun';
  if not found then
    raise exception using errcode = 'SBA14', message = 'this block was begun before, or is not wanted any more';
  end if;
{text}
  ;
  -- What the block has left of the session may forbid it; then its answer alone tells that it came to its end.
  perform pg_catalog.set_config('exit_on_error', 'off', true);
  begin
    update supabase_migrations.sbapply_units as part
    set note = part.note operator(pg_catalog.||) pg_catalog.jsonb_build_object('ended', true)
    where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
      and part.attempt operator(pg_catalog.=) {attempt};
  exception
    when others then
      null;
  end;
end
{tag}
