"""A steady database stays in one session for as long as that can be trusted."""

from collections.abc import Callable, Iterator

import pytest

from sbapply.database import Json
from sbapply.errors import SqlError, Unreachable
from sbapply.rehearse.server import Server
from sbapply.rehearse.steady import SteadyDatabase
from tests.conftest import new_database


@pytest.fixture
def steady(engine_of: Callable[[int], Server]) -> Iterator[SteadyDatabase]:
    server = engine_of(18)
    made = SteadyDatabase(
        server.conninfo(database=new_database(server)), opening="set app.opened = 'yes'", after="discard temp"
    )
    yield made
    made.close()


def pid(database: SteadyDatabase) -> Json:
    [row] = database.run("select pg_backend_pid() as pid, current_setting('app.opened') as opened")
    assert row["opened"] == "yes"
    return row["pid"]


def test_calls_share_a_session(steady: SteadyDatabase) -> None:
    assert pid(steady) == pid(steady)


def test_what_comes_after_a_call_is_run(steady: SteadyDatabase) -> None:
    first = pid(steady)
    assert steady.run("create temporary table t (id integer); select 1 as one") == [{"one": 1}]
    assert steady.run("select to_regclass('pg_temp.t') as t") == [{"t": None}]
    assert pid(steady) == first


def test_an_error_ends_the_session(steady: SteadyDatabase) -> None:
    first = pid(steady)
    with pytest.raises(SqlError, match="division by zero"):
        steady.run("select 1 / 0")
    assert pid(steady) != first


def test_a_transaction_that_is_left_open_ends_the_session_and_is_rolled_back(steady: SteadyDatabase) -> None:
    first = pid(steady)
    steady.run("begin; create table public.t (id integer)")
    assert steady.run("select to_regclass('public.t') as t") == [{"t": None}]
    assert pid(steady) != first


def test_it_opens_another_session_once_it_is_closed(steady: SteadyDatabase) -> None:
    first = pid(steady)
    steady.close()
    steady.close()
    assert pid(steady) != first


def test_a_server_that_is_not_there_is_said(steady: SteadyDatabase) -> None:
    with pytest.raises(Unreachable):
        SteadyDatabase(f"{steady.conninfo} port=1").run("select 1")


def test_a_long_text_has_a_session_that_knows_what_the_text_does_not_mention(
    steady: SteadyDatabase,
) -> None:
    first = pid(steady)
    long = f"reset all; select current_setting('sbapply.unmentioned', true) as told -- {'x' * 20_000}"

    assert steady.run(long) == [{"told": "tables,comments,superuser"}]
    assert steady.run("select current_setting('sbapply.unmentioned', true) as told") == [{"told": None}]
    assert pid(steady) != first
