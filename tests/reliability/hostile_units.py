"""List files of several units, and files that travel in pieces, that lay hands on what keeps their progress."""

from tests.reliability.hostile import BASE, HISTORY, HOSTILE, NEXT, UNITS, End, Hostile, mark
from tests.reliability.hostile_history import at_commit
from tests.reliability.hostile_session import SHADOWS

PIECES = "supabase_migrations.sbapply_pieces"
_SMALL_REQUESTS = 40_000
_LONE = "create index concurrently echoes_by_note on app.echoes (note);"
_OTHERWISE = "set DateStyle = 'SQL, DMY';\nset bytea_output = 'escape';\nset TimeZone = 'Pacific/Kiritimati';"
_SERIALIZABLE = "set default_transaction_isolation = serializable;"
_FORGED_PROGRESS = f"{UNITS} (version, unit, reach, digest, finished_at) values"


def _in_parts(name: str, first: str, second: str, end: End, *, forged: frozenset[str] = frozenset()) -> Hostile:
    """Return a file of two transactions, each of which leaves its mark."""
    text = f"begin;\n{mark(1)}{first}\ncommit;\nbegin;\n{second}\n{mark(2)}commit;\n"
    return Hostile(name, text, end, forged=forged, parts=2)


def _in_second(name: str, sql: str, end: End, **options: frozenset[str]) -> Hostile:
    return _in_parts(f"{name}, in its second part", "", sql, end, **options)


def _in_first(name: str, sql: str, end: End, **options: frozenset[str]) -> Hostile:
    return _in_parts(f"{name}, in its first part", sql, "", end, **options)


def _around_lone(name: str, before: str, after: str, end: End, *, lone: str = "", seconds: float = 55.0) -> Hostile:
    """Return a file with a statement that cannot run in a transaction between two that can."""
    lone = lone or "create index concurrently marks_by_part on app.marks (part);"
    text = f"{mark(1)}{before}\n{lone}\n{after}\n{mark(2)}"
    return Hostile(f"{name}, around a lone statement", text, end, parts=2, query_seconds=seconds)


def _large(name: str, sql: str, end: End, *, tail: str = "") -> Hostile:
    """Return a file that is larger than a request may be."""
    filling = "".join(f"select '{n} {'filling ' * 12}';\n" for n in range(600))
    text = f"{filling}{sql}\n{filling}{mark()}{tail}"
    return Hostile(f"{name}, in a file that travels in pieces", text, end, request_bytes=_SMALL_REQUESTS)


PROGRESS: tuple[Hostile, ...] = (
    _in_second("deletes its progress", f"delete from {UNITS};", End.EITHER),
    _in_second("changes its progress", f"update {UNITS} set digest = 'other', reach = 0;", End.EITHER),
    _in_second("drops the table of progress", f"drop table {UNITS};", End.EITHER),
    _in_second("renames the table of progress", f"alter table {UNITS} rename to gone;", End.EITHER),
    _in_second("locks the table of progress", f"lock table {UNITS} in access exclusive mode;", End.APPLIED),
    _in_second("revokes the table of progress", f"revoke all on {UNITS} from postgres;", End.EITHER),
    _in_second(
        "puts a view in the place of progress",
        f"alter table {UNITS} rename to gone;\ncreate view {UNITS} as table supabase_migrations.gone;",
        End.EITHER,
    ),
    _in_second("deletes its own row", f"delete from {HISTORY} where version = '{HOSTILE}';", End.STOPS),
    _in_second("drops the history", f"drop table {HISTORY};", End.STOPS),
    _in_second("fails", "select 1 / 0;", End.STOPS),
    _in_second(
        "raises SBA03", "do $$ begin raise exception using errcode = 'SBA03', message = 'moved'; end $$;", End.STOPS
    ),
    _in_first("fails", "select 1 / 0;", End.STOPS),
    _in_first("deletes its progress", f"delete from {UNITS};", End.STOPS),
    _in_first("changes its progress", f"update {UNITS} set digest = 'other';", End.STOPS),
    _in_first("drops the table of progress", f"drop table {UNITS};", End.STOPS),
    _in_first(
        "deletes its progress when it commits",
        at_commit("forget", "app.marks", f"delete from {UNITS};"),
        End.EITHER,
    ),
    _in_first(
        "inserts progress for its second part",
        f"insert into {_FORGED_PROGRESS} ('{HOSTILE}', 2, 100000, 'x', now());",
        End.EITHER,
    ),
    _in_first(
        "inserts progress for the next file",
        f"insert into {_FORGED_PROGRESS} ('{NEXT}', 1, 10, 'x', now());",
        End.EITHER,
    ),
    _in_first(
        "inserts its own version",
        f"insert into {HISTORY} (version, statements) values ('{HOSTILE}', array['select 1']);",
        End.STOPS,
    ),
    _in_first(
        "inserts the next version",
        f"insert into {HISTORY} (version, statements) values ('{NEXT}', array['select 1']);",
        End.EITHER,
        forged=frozenset({NEXT}),
    ),
    _in_first("drops the history", f"drop table {HISTORY};", End.EITHER, forged=frozenset({BASE})),
    _in_first("deletes the row before it", f"delete from {HISTORY};", End.EITHER, forged=frozenset({BASE})),
    _in_first("sets the role", "set role anon;", End.EITHER),
    _in_first("puts shadows first", f"{SHADOWS}set search_path = evil, pg_catalog;", End.APPLIED),
    _in_first("empties the search path", "set search_path = '';", End.APPLIED),
    _in_first(
        "takes session locks and prepares",
        "select pg_advisory_lock(1);\nprepare later as select 1;\nlisten sbapply;",
        End.APPLIED,
    ),
    _in_first(
        "makes tables that shadow progress",
        "create temp table sbapply_units (version text);\nset search_path = pg_temp, pg_catalog;",
        End.EITHER,
    ),
    _in_first("makes later transactions read only", "set default_transaction_read_only = on;", End.EITHER),
)

LONE: tuple[Hostile, ...] = (
    _around_lone("deletes its progress behind it", "", f"delete from {UNITS};", End.EITHER),
    _around_lone(
        "deletes its own row behind it", "", f"delete from {HISTORY} where version = '{HOSTILE}';", End.STOPS
    ),
    _around_lone("drops the index behind it", "", "drop index app.marks_by_part;", End.EITHER),
    _around_lone(
        "builds a unique index that cannot be",
        "insert into app.marks values ('double', 9), ('double', 9);",
        "",
        End.STOPS,
        lone="create unique index concurrently doubles on app.marks (version, part);",
    ),
    _around_lone(
        "builds an index of a name that is taken",
        "create index taken on app.marks (version);",
        "",
        End.STOPS,
        lone="create index concurrently taken on app.marks (part);",
    ),
    _around_lone(
        "builds an index of a name that is taken if it is not there",
        "create index taken on app.marks (version);",
        "",
        End.APPLIED,
        lone="create index concurrently if not exists taken on app.marks (part);",
    ),
    _around_lone(
        "builds an index for longer than the gateway waits",
        "create function app.slow(int) returns int language plpgsql immutable "
        "as $$ begin perform pg_sleep(1); return $1; end $$;",
        "",
        End.APPLIED,
        lone="create index concurrently slow on app.marks (app.slow(part));",
        seconds=0.8,
    ),
    _around_lone(
        "commits in a DO",
        "",
        "",
        End.APPLIED,
        lone="do $$ begin create table app.first (); commit; create table app.second (); end $$;",
    ),
    _around_lone(
        "commits in a DO and fails behind it",
        "",
        "",
        End.EITHER,
        lone="do $$ begin create table app.first (); commit; raise exception 'no'; end $$;",
    ),
    _around_lone(
        "calls a procedure that commits",
        "create procedure app.commits() language plpgsql as "
        "$$ begin create table app.first (); commit; create table app.second (); end $$;",
        "",
        End.APPLIED,
        lone="call app.commits();",
    ),
    _around_lone(
        "calls a procedure that commits with dynamic SQL",
        "create procedure app.commits() language plpgsql as $$ begin create table app.first (); commit; end $$;",
        "",
        End.EITHER,
        lone="do $$ begin execute 'call app.commits()'; end $$;",
    ),
    _around_lone(
        "commits in a DO that deletes its progress",
        "",
        "",
        End.FORGETS,
        lone=f"do $$ begin delete from {UNITS}; commit; end $$;",
    ),
    _around_lone(
        "commits in a DO that ends its own session",
        "",
        "",
        End.EITHER,
        lone="do $$ begin create table app.first (); commit; "
        "perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end $$;",
    ),
    _around_lone(
        "makes later transactions read only", "set default_transaction_read_only = on;", "", End.APPLIED, lone=_LONE
    ),
    _around_lone("lets itself run out of time", "set statement_timeout = '1ms';", "", End.EITHER, lone=_LONE),
    _around_lone("gives up on locks at once", "set lock_timeout = '1ms';", "", End.APPLIED, lone=_LONE),
    _around_lone("ends the session at an error", "set exit_on_error = on;", "", End.APPLIED, lone=_LONE),
    _around_lone("writes values otherwise", _OTHERWISE, "", End.APPLIED, lone=_LONE),
    _around_lone("makes later transactions serializable", _SERIALIZABLE, "", End.APPLIED, lone=_LONE),
    _around_lone("reads strings otherwise", "set standard_conforming_strings = off;", "", End.EITHER, lone=_LONE),
    _around_lone(
        "sets our settings", "select set_config('sbapply.alive', '7', false);", "", End.APPLIED, lone=_LONE
    ),
    _around_lone("switches triggers off", "set session_replication_role = replica;", "", End.APPLIED, lone=_LONE),
    _around_lone("sets the role before it", "set role anon;", "", End.REFUSED, lone=_LONE),
    _around_lone(
        "puts shadows first",
        f"{SHADOWS}set search_path = evil, pg_catalog;",
        "",
        End.APPLIED,
        lone=_LONE,
    ),
    _around_lone(
        "vacuums after taking session locks",
        "select pg_advisory_lock(1);",
        "",
        End.APPLIED,
        lone="vacuum app.marks;",
    ),
    _around_lone(
        "holds our comment", "", "", End.APPLIED, lone="/* sbapply attempt=0000000000000000; */ vacuum app.marks;"
    ),
)

LARGE: tuple[Hostile, ...] = (
    _large("does nothing", "", End.APPLIED),
    _large("deletes the pieces", f"delete from {PIECES};", End.EITHER),
    _large("drops the table of pieces", f"drop table {PIECES};", End.EITHER),
    _large("deletes its own row", f"delete from {HISTORY} where version = '{HOSTILE}';", End.STOPS),
    _large("sets the role", "set role anon;", End.APPLIED),
    _large("puts shadows first", f"{SHADOWS}set search_path = evil, pg_catalog;", End.APPLIED),
    _large("sets the settings that we use", "select set_config('sbapply.late', 'true', false);", End.APPLIED),
    _large(
        "holds our delimiters",
        "select $sbapply$ ' $$ $sbapply$, $piece$ x $piece$, $$ y $$, E'\\'', '\\';",
        End.APPLIED,
    ),
    _large("ends in a comment", "", End.APPLIED, tail="-- the end"),
    _large("fails", "select 1 / 0;", End.STOPS),
    _large("uses a savepoint", "savepoint a;\nrelease a;", End.EITHER),
)

CASES = (*PROGRESS, *LONE, *LARGE)
