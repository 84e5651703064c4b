"""List files that lay hands on the session, on later sessions, on names, and on our own words."""

from dataclasses import replace

from tests.reliability.hostile import (
    HISTORY,
    HOSTILE,
    NEXT,
    End,
    Hostile,
    applied,
    for_later_sessions,
    mark,
    poisons,
    stops,
)

# Whatever of ours looked for these without naming pg_catalog would find them.
SHADOWS = """create schema evil;
create function evil.sha256(bytea) returns bytea language sql as $$ select 'evil'::bytea $$;
create function evil.encode(bytea, text) returns text language sql as $$ select 'evil'::text $$;
create function evil.convert_to(text, name) returns bytea language sql as $$ select 'evil'::bytea $$;
create function evil.octet_length(text) returns int language sql as $$ select 0 $$;
create function evil.clock_timestamp() returns timestamptz language sql as $$ select 'infinity'::timestamptz $$;
create function evil.current_setting(text) returns text language sql as $$ select 'evil'::text $$;
create function evil.set_config(text, text, bool) returns text language sql as $$ select 'evil'::text $$;
create function evil.pg_advisory_unlock_all() returns void language sql as $$ select 1/0 $$;
create function evil.lies(text, text) returns bool language sql as $$ select false $$;
create function evil.joins(text, text) returns text language sql as $$ select 'evil'::text $$;
create function evil.counts(int, int) returns bool language sql as $$ select true $$;
create operator evil.= (leftarg = text, rightarg = text, function = evil.lies);
create operator evil.<> (leftarg = text, rightarg = text, function = evil.lies);
create operator evil.|| (leftarg = text, rightarg = text, function = evil.joins);
create operator evil.= (leftarg = int, rightarg = int, function = evil.counts);
create table evil.pg_stat_activity (pid int, query text, state text);
create table evil.schema_migrations (version text, statements text[], name text);
create domain evil.text as varchar(3);
create domain evil.bool as int;
"""

PATHS: tuple[Hostile, ...] = (
    applied("empties the search path", "select pg_catalog.set_config('search_path', '', false);"),
    applied("empties the search path with SET", "set search_path = '';"),
    applied("puts a schema that shadows our words first", f"{SHADOWS}set search_path = evil, pg_catalog;"),
    applied(
        "lets later sessions find shadows first",
        f"{SHADOWS}{for_later_sessions('search_path = evil, pg_catalog, app')}",
        apart=True,
    ),
    Hostile(
        "lets later sessions find shadows first, and the next answer is lost",
        f"{SHADOWS}{for_later_sessions('search_path = evil, pg_catalog, app')}\n{mark()}",
        End.APPLIED,
        apart=True,
        query_seconds=0.8,
        next_before="select pg_catalog.pg_sleep(2);\n",
    ),
    applied("lets later sessions have no search path", for_later_sessions("search_path = ''"), apart=True),
    applied(
        "makes temporary tables that shadow the history",
        "create temp table schema_migrations (version text);\ncreate temp table sbapply_units (version text);\n"
        "set search_path = pg_temp, pg_catalog;",
    ),
    applied(
        "makes temporary tables that shadow the catalog",
        "create temp table pg_class (oid oid);\ncreate temp table pg_stat_activity (pid int, query text);\n"
        "create temp table pg_proc (oid oid);\nset search_path = pg_temp, pg_catalog;",
    ),
    applied(
        "makes a schema of the history's name in a path",
        f"create schema app2;\ncreate table app2.schema_migrations as table {HISTORY};\nset search_path = app2;",
    ),
)

ROLES: tuple[Hostile, ...] = (
    applied("sets the role", "set role anon;"),
    applied("sets the role for the transaction", "set local role authenticated;"),
    applied("sets the role by its setting", "select pg_catalog.set_config('role', 'anon', false);"),
    stops("sets the session's authorization", "set session authorization anon;"),
    applied("sets the session's authorization back", "set session authorization default;"),
)

SETTINGS: tuple[Hostile, ...] = (
    applied("switches standard_conforming_strings off", "set standard_conforming_strings = off;"),
    applied("changes client_encoding", "set client_encoding = 'LATIN1';"),
    applied(
        "changes how values are written",
        "set DateStyle = 'SQL, DMY';\nset TimeZone = 'Pacific/Kiritimati';\nset bytea_output = 'escape';\n"
        "set IntervalStyle = 'iso_8601';\nset extra_float_digits = -15;",
    ),
    applied("quotes every name", "set quote_all_identifiers = on;\nset array_nulls = off;\nset xmlbinary = hex;"),
    applied("reads NULLs otherwise", "set transform_null_equals = on;"),
    applied("ends the session at an error", "set exit_on_error = on;"),
    stops("ends the session at its own error", "set exit_on_error = on;\nselect 1 / 0;"),
    applied("makes PL/pgSQL strict", "set plpgsql.extra_errors = 'all';\nset plpgsql.check_asserts = off;"),
    applied("switches triggers off", "set session_replication_role = replica;"),
    applied("makes later transactions read only", "set session characteristics as transaction read only;"),
    applied("makes later transactions serializable", "set default_transaction_isolation = serializable;"),
    applied(
        "names a tablespace that is not there",
        "set local default_tablespace = '';\nset temp_tablespaces = '';\nset row_security = off;",
    ),
    stops("lets itself run out of time", "set statement_timeout = '50ms';\nselect pg_sleep(2);"),
    applied("leaves a short lock_timeout", "set lock_timeout = 1;"),
    applied(
        "leaves a short statement_timeout for others", "set statement_timeout = '3s';\nset lock_timeout = '1s';"
    ),
    applied(
        "sets the settings that we use",
        "select set_config('sbapply.late', 'true', false), set_config('sbapply.alive', '0', false), "
        "set_config('sbapply.present', '{}', false), set_config('sbapply.history', '[]', false), "
        "set_config('sbapply.rivals', '7', false);",
    ),
)

LATER_SESSIONS: tuple[Hostile, ...] = (
    poisons("makes later sessions read only", for_later_sessions("default_transaction_read_only = on"), apart=True),
    # What is asked has a limit of its own; whether what is written begins in time is the server's affair.
    replace(
        poisons("lets later sessions run out of time", for_later_sessions("statement_timeout = '1ms'"), apart=True),
        end=End.EITHER,
    ),
    poisons(
        "lets later sessions read strings otherwise",
        for_later_sessions("standard_conforming_strings = off"),
        apart=True,
    ),
    applied(
        "makes later sessions serializable",
        for_later_sessions("default_transaction_isolation = serializable"),
        apart=True,
    ),
    applied(
        "lets later sessions write values otherwise",
        "\n".join(
            map(
                for_later_sessions,
                (
                    "DateStyle = 'SQL, DMY'",
                    "bytea_output = 'escape'",
                    "client_encoding = 'LATIN1'",
                    "TimeZone = 'Pacific/Kiritimati'",
                    "extra_float_digits = -15",
                ),
            )
        ),
        apart=True,
    ),
    applied("lets later sessions give up on locks at once", for_later_sessions("lock_timeout = 1"), apart=True),
    stops("lets later sessions start with our settings", for_later_sessions("sbapply.late = 'true'")),
    applied(
        "lets later sessions have no triggers", for_later_sessions("session_replication_role = replica"), apart=True
    ),
)

LEFTOVERS: tuple[Hostile, ...] = (
    applied("prepares statements", "prepare sbapply as select 1;\nprepare later (int) as select $1;"),
    applied("listens and notifies", "listen sbapply;\nlisten anything;\nnotify sbapply, 'now';"),
    applied(
        "holds cursors",
        "declare sbapply cursor with hold for select 1;\n"
        "declare sbapply_history cursor with hold for table app.marks;",
    ),
    applied(
        "leaves a cursor open", "declare sbapply cursor for select generate_series(1, 1000);\nfetch 3 from sbapply;"
    ),
    applied(
        "takes session advisory locks",
        "select pg_advisory_lock(n) from generate_series(1, 50) as n;\nselect pg_advisory_lock_shared(1);",
    ),
    applied("takes advisory locks of the transaction", "select pg_advisory_xact_lock(0);"),
    applied(
        "sets savepoints and releases them",
        "savepoint sbapply;\nselect 1;\nrelease sbapply;\nsavepoint a;\nsavepoint b;\nrollback to a;",
    ),
    applied("leaves a savepoint open", "savepoint open_end;"),
    applied("copies out", "copy (select n from generate_series(1, 9) as n) to stdout;"),
)

ANSWERS: tuple[Hostile, ...] = (
    applied(
        "returns a row like our last",
        f"select '000000000000000000000000' as sbapply, '[\"{HOSTILE}\", \"{NEXT}\"]'::jsonb as versions;",
    ),
    stops(
        "reads our nonce, returns our last row, and fails",
        "",
        after="select substring(current_query() from '''([0-9a-f]{24})''::pg_catalog.text as sbapply') as sbapply, "
        f"'[\"{HOSTILE}\"]'::jsonb as versions;\nselect 1 / 0;\n",
    ),
    Hostile(
        "returns a huge result",
        f"{mark()}select repeat('x', 10000) as x from generate_series(1, 500);\n",
        End.EITHER,
    ),
    applied("sleeps beyond the gateway", "select pg_sleep(2);", query_seconds=0.8),
    stops("sleeps beyond the gateway and fails", "select pg_sleep(2);\nselect 1 / 0;", query_seconds=0.8),
    applied(
        "locks the history and sleeps beyond the gateway",
        f"lock table {HISTORY} in access exclusive mode;\nselect pg_sleep(2);",
        query_seconds=0.8,
    ),
    stops("ends its own session", "select pg_terminate_backend(pg_backend_pid());"),
    stops("cancels itself", "select pg_cancel_backend(pg_backend_pid()), pg_sleep(1);"),
    applied(
        "ends every other session",
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() and usename = current_user;",
    ),
    stops("commits in a DO with dynamic SQL", "do $$ begin execute 'commit'; end $$;"),
    stops("rolls back in a DO with dynamic SQL", "do $$ begin execute 'rollback'; end $$;"),
)


def raising(sqlstate: str, message: str) -> Hostile:
    """Return a file that fails with one of our own SQLSTATEs."""
    return stops(
        f"raises {sqlstate}",
        f"do $$ begin raise exception using errcode = '{sqlstate}', message = '{message}'; end $$;",
    )


def _sent_alone(case: Hostile) -> Hostile:
    return replace(case, text=case.text + mark(2), parts=2, end=End.EITHER)


RAISED: tuple[Hostile, ...] = (
    raising("SBA01", f"version {HOSTILE} is in the history already"),
    raising("SBA02", "this request came after its deadline and did nothing"),
    raising("SBA03", f"the history is not the one that version {HOSTILE} was planned against"),
    raising("SBA04", "the migration removed or changed its own row in the history"),
    raising("SBA05", "somebody else made or changed the history table meanwhile"),
    raising("SBA06", "permission denied"),
    raising("SBA07", "anything"),
    raising("SBA08", "anything"),
    raising("SBA14", "anything"),
    raising("57P01", "terminating connection due to administrator command"),
    raising("57014", "canceling statement due to user request"),
    raising("40001", "could not serialize access"),
    raising("55P03", "canceling statement due to lock timeout"),
    raising("42601", "syntax error"),
    raising("25001", "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"),
    # Taken for a DO that commits, it is sent alone; whether one that fails has committed before, nobody can tell.
    _sent_alone(raising("2D000", "invalid transaction termination")),
    raising("55P04", "unsafe use of new value"),
)

CASES = (*PATHS, *ROLES, *SETTINGS, *LATER_SESSIONS, *LEFTOVERS, *ANSWERS, *RAISED)
