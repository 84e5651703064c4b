/* sbapply verify @nonce@ */
begin isolation level repeatable read read only;
set local statement_timeout = @statement_timeout@;
set local lock_timeout = @lock_timeout@;
select pg_catalog.set_config('sbapply.asked', @asked@, true);
-- One statement to the server, so one timer runs over everything in it, and no SET moves a timer that runs. Names of
-- ours are qualified: what is asserted may set the search path. A transaction inside of EXECUTE cannot be ended.
do $sbapply$
declare
  asked pg_catalog.json := pg_catalog.current_setting('sbapply.asked');
  most_shown constant pg_catalog.int4 := 3;
  statement pg_catalog.json;
  results pg_catalog.jsonb := '[]';
  rows pg_catalog.int8;
  wrong pg_catalog.jsonb;
  found pg_catalog.record;
  state pg_catalog.text;
  reason pg_catalog.text;
  prepares pg_catalog.bool;
begin
  for statement in select e.value from pg_catalog.json_array_elements(asked) as e (value) loop
    rows := 0;
    wrong := '[]';
    state := null;
    reason := null;
    prepares := pg_catalog.json_extract_path_text(statement, 'kind') operator(pg_catalog.=) 'sets';
    begin
      perform pg_catalog.set_config('lock_timeout', '@lock_timeout@', true),
              pg_catalog.set_config('standard_conforming_strings', 'on', true);
      -- From 17 on. It ends a session whose function catches the cancel of the statement's own timer.
      if pg_catalog.current_setting('transaction_timeout', true) is not null then
        perform pg_catalog.set_config('transaction_timeout', '@transaction_timeout@', true);
      end if;
      if prepares then
        execute pg_catalog.json_extract_path_text(statement, 'sql');
      else
        -- The text 't' is no true in json, and a true in json is no t in a row's text.
        for found in execute pg_catalog.concat(
          'select pg_catalog.row_to_json(x.*) as named, '
            'pg_catalog.row_to_json(row(x.*))::pg_catalog.text operator(pg_catalog.~) '
              '''^[{]"f1":true(,"f[0-9]+":true)*[}]$'' '
            'and row(x.*)::pg_catalog.text operator(pg_catalog.~) ''^[(]t(,t)*[)]$'' as fine '
          'from (', pg_catalog.json_extract_path_text(statement, 'sql'), pg_catalog.chr(10), ') as x'
        ) loop
          rows := rows operator(pg_catalog.+) 1;
          continue when found.fine;
          wrong := wrong operator(pg_catalog.||) pg_catalog.jsonb_build_object(
            'row', rows,
            'columns', coalesce((
              select pg_catalog.json_agg(pg_catalog.json_build_array(
                       pg_catalog."left"(c.key, 63), pg_catalog."left"(c.value::pg_catalog.text, 200)))
              from (
                select e.key, e.value from pg_catalog.json_each(found.named) as e (key, value)
                where e.value::pg_catalog.text operator(pg_catalog.<>) 'true' limit 5
              ) as c
            ), '[]'));
          exit when pg_catalog.jsonb_array_length(wrong) operator(pg_catalog.>=) most_shown;
        end loop;
      end if;
    exception when query_canceled or assert_failure or others then
      get stacked diagnostics state = returned_sqlstate, reason = message_text;
    end;
    results := results operator(pg_catalog.||) pg_catalog.jsonb_build_object(
      'rows', rows, 'wrong', wrong, 'sqlstate', state, 'message', pg_catalog."left"(reason, 1000));
    -- What comes behind a role or a claim that could not be set would be asked as somebody else.
    exit when state operator(pg_catalog.=) '57014' or (state is not null and prepares);
  end loop;
  perform pg_catalog.set_config('sbapply.results', results::pg_catalog.text, true);
end
$sbapply$;
reset role;
set local client_encoding = 'UTF8';
select pg_catalog.json_build_object(
  'nonce', '@nonce@',
  'results', pg_catalog.current_setting('sbapply.results')::pg_catalog.json
)::pg_catalog.text as assertions;
rollback;
