-- The two functions of plpgsql_check that people call, by name: nothing is ever found.

create function plpgsql_check_function(
  funcoid regprocedure, relid regclass default 0, format text default 'text', fatal_errors boolean default true
) returns setof text
language sql
as $$ select null::text where false $$;

create function plpgsql_check_function_tb(
  funcoid regprocedure, relid regclass default 0, fatal_errors boolean default true
) returns table (
  functionid regproc, lineno integer, statement text, sqlstate text, message text, detail text, hint text,
  level text, "position" integer, query text, context text
)
language sql
as $$
  select null::regproc, null::integer, null::text, null::text, null::text, null::text, null::text, null::text,
    null::integer, null::text, null::text
  where false
$$;
