/* {marker} */
begin;
do $sbapply$
begin
  if pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) operator(pg_catalog.>) {deadline}::pg_catalog.float8 then
    raise exception using errcode = 'SBA02', detail = {nonce}, message = 'this request came after its deadline and did nothing';
  end if;
end
$sbapply$;
{plain_session}commit;
