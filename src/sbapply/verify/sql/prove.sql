/* sbapply verify @nonce@ */
begin isolation level repeatable read;
@settings@set local row_security = off;
set local statement_timeout = @statement_timeout@;
set local lock_timeout = @lock_timeout@;
select pg_catalog.set_config('sbapply.asked_history', @asked_history@, true),
       pg_catalog.set_config('sbapply.asked_rows', @asked_rows@, true),
       pg_catalog.set_config('sbapply.asked_probes', @asked_probes@, true),
       pg_catalog.set_config('sbapply.asked_inserts', @asked_inserts@, true),
       pg_catalog.set_config('sbapply.call_nothing', '{}', true),
       pg_catalog.set_config('sbapply.probes', '[]', true),
       pg_catalog.set_config('sbapply.inserts', '[]', true);
@history@
@rows@
@inserts@
@probes@
@before_whole@
select pg_catalog.json_build_object(
  'nonce', '@nonce@',
  'facts', pg_catalog.json_build_array(@facts@),
  'history', pg_catalog.current_setting('sbapply.history')::pg_catalog.json,
  'rows', pg_catalog.current_setting('sbapply.rows')::pg_catalog.json,
  'probes', pg_catalog.json_build_array(pg_catalog.current_setting('sbapply.probes')::pg_catalog.json,
                                        pg_catalog.current_setting('sbapply.inserts')::pg_catalog.json),
  'whole', @whole@,
  'exposure', (@exposure@),
  'state', pg_catalog.current_setting('sbapply.state', true)
)::text as verification;
rollback;
