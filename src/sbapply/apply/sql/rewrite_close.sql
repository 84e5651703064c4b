set constraints all immediate;
do $sbapply$
begin
  if {head} operator(pg_catalog.<>) {after} then
    raise exception using errcode = 'SBA04', message = 'the rows of the history did not become what was written';
  end if;
end
$sbapply$;
commit;
select {nonce}::pg_catalog.text as sbapply, {head} as head;
