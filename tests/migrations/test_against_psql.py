"""Against psql: a file's units, each in a session of its own, leave the database as `psql -f` of the file does."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import pq
from psycopg.sql import SQL, Identifier

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.statements import SplitText, split_text
from sbapply.migrations.unit import Hints, Unit
from sbapply.migrations.units import suspects, units_of
from sbapply.quoting import quote_identifier
from sbapply.rehearse.binaries import find_binaries
from sbapply.rehearse.server import Server
from tests.conftest import new_database

BASE = """
create schema app;
create table app.t (a int, b text);
insert into app.t values (1, 'one'), (2, 'two');
create table app.runs (what text);
create type app.mood as enum ('calm');
create type app.size as enum ('small');
create index old on app.t (b);
create role settler;
grant usage, create on schema app to settler;
grant settler to postgres;
create procedure app.committing(what text) language plpgsql
  as $$ begin insert into app.runs values (what); commit; insert into app.runs values (what || ' again'); end $$;
create table app.parent (a int) partition by list (a);
create table app.child partition of app.parent for values in (1);
"""

FILES = {
    "one transaction around": "begin;\ninsert into app.runs values ('1');\ncommit;\n",
    "no transaction": "insert into app.runs values ('1');\ninsert into app.runs values ('2'); -- end",
    "two transactions": "begin; insert into app.runs values ('1'); commit; begin; delete from app.t; commit;",
    "statements around one": "insert into app.runs values ('1'); begin; delete from app.t; end; drop table app.t;",
    "a commit without a begin": "insert into app.runs values ('1'); commit; delete from app.t; end;",
    "a chain": "begin isolation level serializable; insert into app.runs values ('1'); commit and chain;"
    "insert into app.runs select current_setting('transaction_isolation'); commit;"
    "insert into app.runs select current_setting('transaction_isolation');",
    "its own isolation": "begin; set transaction isolation level repeatable read;"
    "insert into app.runs select current_setting('transaction_isolation'); commit;",
    "a begin within a block": "begin; insert into app.runs values ('1'); begin; delete from app.t; end;",
    "an empty block": "begin; commit; insert into app.runs values ('1');",
    "savepoints": "begin; insert into app.runs values ('1'); savepoint s; insert into app.runs values ('2');"
    "rollback to s; release s; insert into app.runs values ('3'); commit; insert into app.runs values ('4');",
    "a read only block before": "begin read only; select 1; commit; insert into app.runs values ('1');",
    "a lock and a local setting": "begin; lock table app.t; set local search_path = app;"
    "insert into runs values ('1'); commit; insert into app.runs values (current_setting('search_path'));",
    "a path for the whole file": "set search_path = app; insert into runs values ('1'); commit;"
    "create index concurrently i on t (a); insert into runs values ('2'); reset search_path;",
    "an empty path": "select pg_catalog.set_config('search_path', '', false); begin;"
    "create function app.f() returns text language sql as $$ select 'x' $$; commit;"
    "insert into app.runs values (current_setting('search_path'));",
    "a role": "set role settler; create table app.read (a int); commit; create table app.read2 (a int);"
    "reset role; commit; create table app.own (a int);",
    "a path undone": "begin; savepoint s; set search_path = app; rollback to s; commit;"
    "insert into app.runs values (current_setting('search_path'));",
    "an index with a name": "insert into app.runs values ('1'); create index concurrently i on app.t (lower(b))"
    " where a > 1; insert into app.runs values ('2');",
    "an index without a name": "create index concurrently on app.t (a, b); drop index concurrently app.t_a_b_idx;"
    "create unique index concurrently on app.t (a) include (b);",
    "an index instead of another": "drop index concurrently app.old; create index concurrently old on app.t (a);"
    "drop index concurrently if exists app.none; create index concurrently if not exists old on app.t (b);",
    "vacuum and the like": "insert into app.t values (3, 'three'); vacuum full app.t;"
    "reindex table concurrently app.t; insert into app.runs values ('1'); vacuum (analyze) app.t;",
    "discard all": "set search_path = app; insert into runs values ('1'); discard all;"
    "insert into app.runs values (current_setting('search_path'));",
    "a partition": "insert into app.parent values (1);"
    "alter table app.parent detach partition app.child concurrently; insert into app.child values (1);",
    "an enum value used": "alter type app.mood add value 'glad'; create table app.m (m app.mood default 'glad');"
    "insert into app.m default values;",
    "enum values used in a body": "alter type app.mood add value 'glad';"
    "alter type app.size add value 'big' after 'small';"
    "do $$ begin insert into app.runs values ('glad'::app.mood::text || 'big'::app.size); end $$;",
    "an enum value that nobody sees used": "create function app.use() returns text language sql as "
    "$$ select max(v)::text from unnest(enum_range(null::app.mood)) as v $$;"
    "alter type app.mood add value 'glad'; insert into app.runs select app.use();",
    "an enum value added by a body": "do $$ begin alter type app.mood add value 'glad'; end $$;"
    "insert into app.runs values ('glad'::app.mood);",
    "an enum of the same name elsewhere": "create type public.mood as enum ('a');"
    "alter type app.mood add value 'glad'; insert into app.runs values ('glad'::app.mood);",
    "an enum made and grown": "create type app.new as enum ('a'); alter type app.new add value 'b';"
    "insert into app.runs values ('b'::app.new);",
    "an enum in blocks": "begin; alter type app.mood add value 'glad'; commit; begin;"
    "insert into app.runs values ('glad'::app.mood); commit;",
    "a body that commits": "insert into app.runs values ('0'); do $$ begin for i in 1..3 loop"
    " insert into app.runs values (i::text); commit; end loop; end $$; insert into app.runs values ('4');",
    "a body that rolls back": "do $$ begin insert into app.runs values ('gone'); rollback;"
    " insert into app.runs values ('1'); end $$;",
    "a body that might commit in a block": "begin; do $$ begin if false then commit; end if;"
    " insert into app.runs values ('1'); end $$; commit;",
    "a body that only speaks of it": "do $$ begin execute"
    " $q$ insert into app.runs values ('; commit;') $q$; end $$;",
    "a procedure that commits": "insert into app.runs values ('0'); call app.committing('1');"
    "insert into app.runs values ('2');",
    "a body that calls it": "do $$ begin call app.committing('1'); end $$; insert into app.runs values ('2');",
    "a temporary table": "create temp table tmp as select 5 as a; insert into app.t select a, 'tmp' from tmp;"
    "drop table tmp; vacuum app.t; insert into app.runs values ('1');",
    "a temporary table of one transaction": "begin; create temp table tmp on commit drop as select 5 as a;"
    "insert into app.t select a from tmp; commit; create index concurrently on app.t (a);",
    "without a transaction": "-- pg-delta: transaction=false\nset search_path = app;"
    "alter type mood add value 'glad'; insert into runs values ('glad'::mood);"
    "create index concurrently i on t (a); reset all;",
}
REFUSED_BY_BOTH = {
    "commit and chain without a begin": ("insert into app.runs values ('1');\ncommit and chain;", "25P01"),
    "an index in a block": ("begin;\ncreate index concurrently i on app.t (a);\ncommit;", "25001"),
    "a drop in a block": ("begin;\ndrop index concurrently app.old;\ncommit;", "25001"),
    "vacuum in a block": ("begin;\nvacuum app.t;\ncommit;", "25001"),
    "discard all in a block": ("begin;\ndiscard all;\ncommit;", "25001"),
    "a reindex in a block": ("begin;\nreindex table concurrently app.t;\ncommit;", "25001"),
    "a partition in a block": (
        "begin;\nalter table app.parent detach partition app.child concurrently;\ncommit;",
        "25001",
    ),
    "a body that commits in a block": ("begin;\ndo $$ begin commit; end $$;\ncommit;", "2D000"),
}


class Refused(Exception):
    """Carry what the server said of one call."""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate
        self.message = message


@pytest.fixture(scope="module", params=[18, 15], ids=["on 18", "on 15"])
def server(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Iterator[Server]:
    """Return a server; the role that these tests make is taken away again, which other tests would find."""
    server = engine_of(request.param)
    yield server
    with psycopg.connect(server.conninfo(user="supabase_admin", database="template1"), autocommit=True) as owner:
        found = owner.execute(
            "select distinct datname from pg_database join pg_shdepend on dbid = pg_database.oid "
            "join pg_roles on refobjid = pg_roles.oid where rolname = 'settler'"
        ).fetchall()
        for (name,) in found:
            owner.execute(SQL("drop database {} with (force)").format(Identifier(name)))
        owner.execute("drop role if exists settler")


@pytest.mark.parametrize("name", FILES)
def test_the_units_of_a_file_end_as_psql_ends(name: str, server: Server, tmp_path: Path) -> None:
    text = FILES[name]
    by_psql, by_units = _project(server), _project(server)
    _run_psql(server, by_psql, text, tmp_path)
    _run_units(server, by_units, text)
    assert _dump(server, by_units) == _dump(server, by_psql)


@pytest.mark.parametrize("name", REFUSED_BY_BOTH)
def test_what_is_refused_in_a_block_is_refused_by_psql_too(name: str, server: Server, tmp_path: Path) -> None:
    text, sqlstate = REFUSED_BY_BOTH[name]
    problem = _units(text, Hints(), 0)
    assert isinstance(problem, Problem)
    assert problem.place is not None
    assert problem.place.line == 2
    with pytest.raises(AssertionError, match=sqlstate):
        _run_psql(server, _project(server), text, tmp_path)


def _project(server: Server) -> str:
    """Make a database with what the files begin with; the role is the server's, so it is made once."""
    name = new_database(server)
    with psycopg.connect(server.conninfo(database=name), autocommit=True) as connection:
        known = connection.execute("select from pg_roles where rolname = 'settler'").fetchone() is not None
        _call(connection, BASE.replace("create role settler;", "") if known else BASE)
    return name


def _units(text: str, hints: Hints, done: int) -> tuple[Unit, ...] | Problem:
    from sbapply.migrations.directives import Directives, read_directives

    migration = Migration("1", "x", "m/1_x.sql", text)
    directives = read_directives(migration)
    assert isinstance(directives, Directives)
    return units_of(migration, split_text(text), directives=directives, done=done, hints=hints)


def _run_units(server: Server, database: str, text: str) -> None:
    """Run what is left of the file unit by unit; cut it anew, from there, where the server says that it must be."""
    hints, done, split = Hints(), 0, split_text(text)
    while True:
        units = _units(text, hints, done)
        assert isinstance(units, tuple), units
        unit = units[0]
        try:
            with psycopg.connect(server.conninfo(database=database), autocommit=True) as connection:
                _run_unit(connection, text, unit)
        except Refused as refused:
            learned = _learn(split, unit, hints, refused)
            if learned == hints:
                raise
            hints = learned
            continue
        if unit.reach == len(text):
            return
        done = unit.reach


def _run_unit(connection: psycopg.Connection[tuple[object, ...]], text: str, unit: Unit) -> None:
    body = text[unit.start : unit.end]
    replayed = "".join(f"{setting}\n;\n" for setting in unit.settings)
    if unit.lone is None:
        _call(connection, f"begin {unit.begin_options};\n{replayed}{body}\n;\ncommit;")
        return
    _call(connection, replayed)
    if unit.lone.table is not None and unit.lone.index is None:
        name = _chosen_name(connection, unit.lone.schema, unit.lone.table, unit.lone.likeness)
        at = unit.lone.name_at
        body = f"{body[:at]} {quote_identifier(name)}{body[at:]}"
    _call(connection, body)


def _chosen_name(
    connection: psycopg.Connection[tuple[object, ...]], schema: str | None, table: str, likeness: str
) -> str:
    """Return the name that the server gives an index like this one."""
    place = f"{quote_identifier(schema)}." if schema else ""
    _call(
        connection,
        f"create temp table {quote_identifier(table)} (like {place}{quote_identifier(table)});{likeness}",
    )
    row = connection.execute(
        "select relname from pg_class where relkind = 'i' and relnamespace = pg_my_temp_schema()"
    ).fetchone()
    _call(connection, "discard temp")
    assert row is not None
    return str(row[0])


def _call(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> None:
    """Send text as the SQL endpoint does: the simple protocol, whatever number of statements."""
    result = connection.pgconn.exec_(sql.encode())
    if result.status == pq.ExecStatus.FATAL_ERROR:
        state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
        raise Refused(state.decode(), (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode())


def _learn(split: SplitText, unit: Unit, hints: Hints, refused: Refused) -> Hints:
    if refused.sqlstate == "55P04":
        return replace(hints, commit_enums=True)
    return replace(hints, lone=hints.lone | suspects(split, unit, refused.sqlstate, refused.message))


def _run_psql(server: Server, database: str, text: str, folder: Path) -> None:
    file = folder / "file.sql"
    file.write_text(text, "utf-8")
    _run(server, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-f", str(file), database)


def _dump(server: Server, database: str) -> list[str]:
    """Return schema and data as text, without the key that differs from dump to dump."""
    dump = _run(server, "pg_dump", "-n", "app", "-n", "public", database)
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def _run(server: Server, program: str, *arguments: str) -> str:
    binary = find_binaries().directory / program
    environment = {**os.environ, "PGHOST": str(server.socket_directory), "PGPORT": str(server.port)}
    user = "supabase_admin" if program == "pg_dump" else "postgres"
    finished = subprocess.run(
        [binary, "-U", user, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
