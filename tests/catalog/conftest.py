"""Give every test a fresh database on 18 and on 15."""

from collections.abc import Callable

import pytest

from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def database(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> LocalDatabase:
    """Return a fresh database as the project's role, which is no superuser."""
    server = engine_of(request.param)
    name = new_database(server)
    return LocalDatabase(server.conninfo(database=name))
