"""Give every test a project of its own on the servers that all share."""

from collections.abc import Callable
from functools import partial

import pytest

from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.apply.bench import Bench
from tests.conftest import new_database

Give = Callable[[int], Bench]

# What has to wait for a deadline waits for this long.
SHORT_DEADLINE = 0.2


@pytest.fixture(scope="session")
def bench_on(engine_of: Callable[[int], Server]) -> Give:
    """Return a function that gives the bench on a major version of Postgres, emptied."""
    benches: dict[int, Bench] = {}

    def give(version: int) -> Bench:
        server = engine_of(version)
        if version not in benches:
            name = new_database(server)
            benches[version] = Bench(partial(_connect, server, name), name)
        benches[version].clear()
        return benches[version]

    return give


def _connect(server: Server, name: str, user: str) -> LocalDatabase:
    return LocalDatabase(server.conninfo(user=user, database=name))


@pytest.fixture
def bench(bench_on: Give) -> Bench:
    return bench_on(18)


@pytest.fixture
def bench_15(bench_on: Give) -> Bench:
    return bench_on(15)


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def either_bench(request: pytest.FixtureRequest, bench_on: Give) -> Bench:
    return bench_on(request.param)


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbapply.apply.deadline._SHORTEST", SHORT_DEADLINE)
