begin;
set local lock_timeout = {lock_timeout};
-- Whatever goes wrong in here is no migration's fault, so it comes back under a name of its own.
do $sbapply$
begin
{statements}
exception
  when duplicate_schema or duplicate_table or duplicate_column or duplicate_object or unique_violation
    or internal_error or undefined_table or invalid_schema_name then
    raise exception using errcode = 'SBA05', detail = {nonce},
      message = 'somebody else made or changed the history table meanwhile';
  when lock_not_available or deadlock_detected or serialization_failure then
    raise;
  when others then
    raise exception using errcode = 'SBA06', detail = {nonce}, message = sqlerrm;
end
$sbapply$;
commit;
