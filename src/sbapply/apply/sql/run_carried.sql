do $sbapply$
declare
  piece record;
  collected pg_catalog.text := '';
  current_place pg_catalog.int4 := {first};
  said pg_catalog.text;
  said_detail pg_catalog.text;
  said_hint pg_catalog.text;
begin
  for piece in
    select each.place, each.statement
    from supabase_migrations.sbapply_pieces as each
    where each.attempt operator(pg_catalog.=) {attempt}
      and each.place operator(pg_catalog.>=) {first}
      and each.place operator(pg_catalog.<) {last}
    order by each.place, each.part
  loop
    if piece.place operator(pg_catalog.<>) current_place then
      execute collected;
      collected := '';
      current_place := piece.place;
    end if;
    collected := collected operator(pg_catalog.||) piece.statement;
  end loop;
  execute collected;
exception
  when others then
    -- Which statement it was is known only here; its place travels with the message.
    get stacked diagnostics said = message_text, said_detail = pg_exception_detail, said_hint = pg_exception_hint;
    raise exception using errcode = sqlstate,
      message = pg_catalog.concat('sbapply statement ', current_place, ': ', said), detail = said_detail, hint = said_hint;
end
$sbapply$;
