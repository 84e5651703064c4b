do $sbapply$
declare
  found_digest pg_catalog.text;
begin
  select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(
    pg_catalog.octet_length(whole.statement) operator(pg_catalog.||) ':' operator(pg_catalog.||) whole.statement,
    ',' order by whole.place
  ), ''), 'UTF8')), 'hex')
  into found_digest
  from (
    select each.place, pg_catalog.string_agg(each.statement, '' order by each.part) as statement
    from supabase_migrations.sbapply_pieces as each
    where each.attempt operator(pg_catalog.=) {attempt}
      and each.place operator(pg_catalog.>=) {first}
      and each.place operator(pg_catalog.<) {last}
    group by each.place
  ) as whole;
  if found_digest operator(pg_catalog.<>) {digest} then
    raise exception using errcode = 'SBA11', message = 'the pieces of version ' operator(pg_catalog.||) {version}
      operator(pg_catalog.||) ' are not those of its file';
  end if;
end
$sbapply$;
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
