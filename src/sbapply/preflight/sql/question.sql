select pg_catalog.set_config('sbapply.question', {question}, true),
       pg_catalog.set_config('statement_timeout', greatest(200, least({milliseconds}, pg_catalog.extract('epoch',
         pg_catalog.current_setting('sbapply.over')::pg_catalog.timestamptz - pg_catalog.clock_timestamp())
         * 1000))::pg_catalog.int4::pg_catalog.text, true);
do $sbapply$
begin
  execute pg_catalog.current_setting('sbapply.ask');
exception when query_canceled then
  execute pg_catalog.current_setting('sbapply.no_answer');
end
$sbapply$;
