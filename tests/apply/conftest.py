"""Give every test a project of its own on a server that all share."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sbapply.apply import runner
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.wire import LocalDatabase
from tests.apply.bench import Bench

_PG15 = os.environ.get("SBAPPLY_PG15_BIN", "/usr/lib/postgresql/15/bin")
SHORT_DEADLINE = 0.25


@pytest.fixture(scope="session")
def bench_on(sbapply_home: Path) -> Iterator[Callable[[int], Bench]]:
    """Return a function that gives the bench on a major version, skipping where that is not installed."""
    benches: dict[int, Bench] = {}
    with ExitStack() as stack:

        def give(version: int) -> Bench:
            if version not in benches:
                with pytest.MonkeyPatch.context() as patch:
                    if version == 15:
                        if not (Path(_PG15) / "postgres").exists():
                            pytest.skip(f"no PostgreSQL 15 in {_PG15}; set SBAPPLY_PG15_BIN")
                        patch.setenv("SBAPPLY_PG_BIN", _PG15)
                    server = stack.enter_context(scratch_engine())
                benches[version] = Bench(lambda user: LocalDatabase(server.conninfo(user=user)), server.version)
            return benches[version]

        yield give


def emptied(bench: Bench) -> Bench:
    bench.events.clear()
    bench.gateways.clear()
    bench.clear()
    return bench


@pytest.fixture
def bench(bench_on: Callable[[int], Bench]) -> Bench:
    return emptied(bench_on(18))


@pytest.fixture
def bench_15(bench_on: Callable[[int], Bench]) -> Bench:
    return emptied(bench_on(15))


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def either_bench(request: pytest.FixtureRequest, bench_on: Callable[[int], Bench]) -> Bench:
    return emptied(bench_on(request.param))


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what has to wait for a deadline wait less."""
    monkeypatch.setattr(runner, "_SHORTEST_DEADLINE", SHORT_DEADLINE)
