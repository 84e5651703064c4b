"""Check that SQL runs on a Postgres of our own as it would behind the endpoint."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbapply.errors import OutcomeUnknown, SqlError, Unreachable
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.failure import (
    NoConnection,
    QueryRefused,
    ReadTimeout,
    ResultTooLarge,
    WireError,
    format_error,
)
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import Limits, LocalDatabase, run_query


@pytest.fixture(scope="module")
def project(sbapply_home: Path) -> Iterator[Server]:
    with scratch_engine() as server:
        yield server


@pytest.fixture
def database(project: Server) -> LocalDatabase:
    return LocalDatabase(project.conninfo())


def test_the_rows_of_the_last_statement_that_had_any_come_back(database: LocalDatabase) -> None:
    assert database.run("select 1 as a; select 2 as b; select 3 as c where false; create table last (a int)") == [
        {"b": 2}
    ]
    assert database.run("-- nothing") == []


def test_each_call_is_a_fresh_session_of_the_platforms_role(database: LocalDatabase) -> None:
    database.run("set my.own = 'x'; create temp table gone (a int)")
    assert database.run(
        "select current_user, current_setting('my.own', true) as own, to_regclass('gone') as gone"
    ) == [{"current_user": "postgres", "own": None, "gone": None}]


def test_several_statements_are_one_transaction(database: LocalDatabase) -> None:
    with pytest.raises(SqlError):
        database.run("create table half (a int); select 1/0")
    assert database.run("select to_regclass('half') as half") == [{"half": None}]


def test_what_was_committed_before_an_error_stays(database: LocalDatabase) -> None:
    with pytest.raises(SqlError):
        database.run("begin; create table kept (a int); commit; select 1/0")
    assert database.run("select to_regclass('kept') as kept") == [{"kept": "kept"}]


def test_an_error_carries_what_postgres_said(database: LocalDatabase) -> None:
    with pytest.raises(SqlError) as caught:
        database.run("do $$ begin raise exception using errcode='AB123', message='m', detail='d', hint='h'; end $$")
    error = caught.value
    assert (error.sqlstate, error.message, error.detail, error.hint, error.position) == (
        "AB123",
        "m",
        "d",
        "h",
        None,
    )


def test_a_position_is_an_offset_in_characters(database: LocalDatabase) -> None:
    sql = "/* 😀😀 */\r\nselect 1;\n  selec"
    with pytest.raises(SqlError) as caught:
        database.run(sql)
    assert caught.value.position is not None
    assert sql[caught.value.position :] == "selec"


@pytest.mark.parametrize(
    "sql",
    [
        "set statement_timeout = '20ms'; select pg_sleep(5)",
        "select pg_terminate_backend(pg_backend_pid())",
        "create temp table t (a int); copy t from stdin",
        "do $$ begin raise exception using errcode = 'XX000'; end $$",
        "do $$ begin raise exception using errcode = '08006'; end $$",
        "select 1\0",
    ],
)
def test_errors_that_may_come_after_a_commit_leave_the_outcome_unknown(database: LocalDatabase, sql: str) -> None:
    with pytest.raises(OutcomeUnknown):
        database.run(sql)


def test_a_timeout_leaves_the_outcome_unknown_and_the_backend_at_work(database: LocalDatabase) -> None:
    with pytest.raises(OutcomeUnknown, match="Query read timeout"):
        database.run("select pg_sleep(0.4); create table late (a int)", timeout=0.1)
    assert database.run("select to_regclass('late') as late") == [{"late": None}]
    time.sleep(0.6)
    assert database.run("select to_regclass('late') as late") == [{"late": "late"}]


def test_no_server_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        LocalDatabase(f"host='{tmp_path}' port=5432 user=postgres").run("select 1")


def test_a_connection_string_that_cannot_be_read_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        LocalDatabase("host").run("select 1")


@pytest.mark.enable_socket
def test_a_server_that_does_not_answer_is_unreachable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        conninfo = f"host=127.0.0.1 port={silent.getsockname()[1]} user=postgres"
        with pytest.raises(NoConnection, match="connection timeout"):
            run_query(conninfo, "select 1", limits=Limits(connect_seconds=0.1))


@pytest.mark.enable_socket
def test_a_connection_that_ends_without_a_word_leaves_the_outcome_unknown(project: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_pass_on_until_the_query, args=(listener, project))
        thread.start()
        conninfo = f"host=127.0.0.1 port={listener.getsockname()[1]} user=postgres dbname=postgres"
        with pytest.raises(OutcomeUnknown, match="Connection terminated unexpectedly"):
            LocalDatabase(conninfo).run("select 1")
        thread.join()


def _pass_on_until_the_query(listener: socket.socket, project: Server) -> None:
    """Carry the start of a session to the server and back, and hang up when the query comes."""
    client, _ = listener.accept()
    with client, socket.socket(socket.AF_UNIX) as server:
        server.connect(f"{project.socket_directory}/.s.PGSQL.{project.port}")
        server.sendall(client.recv(65536))
        answer = b""
        while not answer.endswith(b"Z\x00\x00\x00\x05I"):
            answer += server.recv(65536)
        client.sendall(answer)
        client.recv(65536)


def test_a_result_over_the_limit_ends_the_call_while_the_rest_still_runs(project: Server) -> None:
    started = time.monotonic()
    with pytest.raises(ResultTooLarge, match=r"Query result size \(20010 bytes\) exceeded .* \(10000 bytes\)"):
        run_query(
            project.conninfo(),
            "select repeat('x', 20000) from generate_series(1, 9); select pg_sleep(5)",
            limits=Limits(result_bytes=10_000),
        )
    assert time.monotonic() - started < 2


def test_a_large_query_and_a_large_answer_pass(database: LocalDatabase) -> None:
    text = "é" * 3_000_000
    assert database.run(f"select '{text}' as text") == [{"text": text}]


def test_parameters_go_through_the_extended_protocol(project: Server) -> None:
    conninfo = project.conninfo()
    assert run_query(conninfo, "select $1::int + 1 as n, $2::text[] as t", (1, ["a", None])) == [
        {"n": 2, "t": ["a", None]}
    ]
    with pytest.raises(QueryRefused, match="42601: cannot insert multiple commands into a prepared statement"):
        run_query(conninfo, "select 1; select $1", (1,))


def test_copy_to_stdout_is_dropped_and_copy_from_stdin_refused(project: Server) -> None:
    conninfo = project.conninfo()
    assert run_query(conninfo, "select 5 as y; copy (select 1) to stdout") == [{"y": 5}]
    with pytest.raises(QueryRefused, match="57014: COPY from stdin failed: No source stream defined"):
        run_query(conninfo, "create temp table t (a int); copy t from stdin")


def test_notices_go_nowhere(database: LocalDatabase, capfd: pytest.CaptureFixture[str]) -> None:
    assert database.run("do $$ begin raise warning 'ho'; end $$; select 1 as a") == [{"a": 1}]
    assert capfd.readouterr() == ("", "")


def test_the_environment_sets_nothing(database: LocalDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=64kB")
    monkeypatch.setenv("PGUSER", "supabase_admin")
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    assert database.run(
        "select current_user, current_setting('work_mem') as m, current_setting('client_encoding') as e"
    ) == [{"current_user": "postgres", "m": "4MB", "e": "UTF8"}]


def test_a_read_timeout_is_the_servers_own_word() -> None:
    assert (ReadTimeout().text, ReadTimeout().meta_status) == ("Query read timeout", 408)


SYNTAX = "syntax error"


@pytest.mark.parametrize(
    ("sql", "position", "pointed"),
    [
        ("selec", 1, "LINE 1: selec\n        ^\n"),
        ("select 1\n\n  where x", 19, "LINE 3:   where x\n                ^\n"),
        # The position is a line end, so the caret stands before the next line.
        ("select\nx", 7, "LINE 2: x\n       ^\n"),
        # Two emoji are four units: the first line seems to reach further than it does.
        ("'😀😀'\nx", 6, "LINE 1: '😀😀'\n             ^\n"),
        ("select", 7, "LINE 0: \n        ^\n"),
    ],
)
def test_the_caret_is_placed_as_postgres_meta_places_it(sql: str, position: int, pointed: str) -> None:
    assert format_error(WireError("ERROR", "42601", SYNTAX, position), sql) == f"ERROR:  42601: {SYNTAX}\n{pointed}"


def test_all_fields_of_an_error_are_printed_in_order() -> None:
    error = WireError("ERROR", "P0001", "m", detail="d", hint="h", internal_query="q", where="w")
    assert format_error(error, "") == "ERROR:  P0001: m\nDETAIL:  d\nHINT:  h\nQUERY:  q\nCONTEXT:  w\n"
    assert format_error(WireError("", "", "m", detail=""), "") == "m\n"
