/* sbapply preflight {nonce} */
begin isolation level repeatable read read only;
set local row_security = off;
set local lock_timeout = '2s';
set local jit = off;
select pg_catalog.set_config('sbapply.ask', {ask}, true),
       pg_catalog.set_config('sbapply.no_answer', {no_answer}, true),
       pg_catalog.set_config('sbapply.answers', '[]', true),
       pg_catalog.set_config('sbapply.path', pg_catalog.current_setting('search_path'), true),
       pg_catalog.set_config('sbapply.over',
         (pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => {seconds}))::pg_catalog.text, true);
{questions}set local statement_timeout = '5s';
{sizes}
rollback;
