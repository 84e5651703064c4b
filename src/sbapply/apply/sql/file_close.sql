
;
set constraints all immediate;
reset role;
do $sbapply$
declare
  ours pg_catalog.bool := false;
begin
  begin
    select true
    into ours
    from {table} as entry
    where entry.path operator(pg_catalog.=) {path} and pg_catalog.split_part(entry.hash, ' ', 1) operator(pg_catalog.=) {hash}
      and entry.xmin operator(pg_catalog.=) pg_catalog.xid(pg_catalog.pg_current_xact_id());
  exception
    when undefined_table or invalid_schema_name or undefined_column then
      ours := false;
  end;
  if ours is not true then
    raise exception using errcode = 'SBA04', message = 'the file removed or changed its own row';
  end if;
end
$sbapply$;
commit;
select
  {nonce}::pg_catalog.text as sbapply,
  (select entry.hash from {table} as entry where entry.path operator(pg_catalog.=) {path}) as hash;
