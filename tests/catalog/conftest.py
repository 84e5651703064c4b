"""Give every test a fresh database on 18 and on 15."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase

_numbers = itertools.count()


@pytest.fixture(scope="session")
def engine_of(sbapply_home: Path) -> Iterator[Callable[[int], Server]]:
    """Return a function that starts a server of a major version once, skipping where it is not installed."""
    running: dict[int, Server] = {}
    with ExitStack() as stack:

        def start(version: int) -> Server:
            if version not in running:
                with pytest.MonkeyPatch.context() as patch:
                    if version == 15:
                        folder = os.environ.get("SBAPPLY_PG15_BIN", "/usr/lib/postgresql/15/bin")
                        if not (Path(folder) / "postgres").exists():
                            pytest.skip(f"no PostgreSQL 15 in {folder}; set SBAPPLY_PG15_BIN")
                        patch.setenv("SBAPPLY_PG_BIN", folder)
                    running[version] = stack.enter_context(scratch_engine())
            return running[version]

        yield start


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def database(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> LocalDatabase:
    """Return a fresh database as the project's role, which is no superuser."""
    server = engine_of(request.param)
    name = f"catalog_{os.getpid()}_{next(_numbers)}"
    maker = LocalDatabase(server.conninfo(user="supabase_admin", database="template1"))
    maker.run(f"create database {name} template postgres owner postgres")
    return LocalDatabase(server.conninfo(database=name))
