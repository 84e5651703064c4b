"""Give every test a project of its own, on 18 and on 15."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from sbapply.database import Row
from sbapply.history.ready import Ready, prepare
from sbapply.migrations.files import Migration
from sbapply.preflight.answers import Preflight
from sbapply.preflight.ask import ask_data
from sbapply.preflight.questions import questions_of
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database


@dataclass
class Project:
    """Hold a project of a version; every request is kept in ``sent``."""

    version: int
    database: LocalDatabase
    superuser: LocalDatabase
    sent: list[str]
    requests: int = 0

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        self.requests += 1
        self.sent.append(sql)
        return self.database.run(sql, timeout=timeout)

    def ask(self, *texts: str, limit_seconds: float = 5.0) -> Preflight:
        """Ask what pending files with these texts demand."""
        return ask_data(self, questions_of(ready(*texts)), patience=20.0, limit_seconds=limit_seconds)


def ready(*texts: str) -> list[Ready]:
    """Return pending files of these texts, ready to be sent."""
    made = [
        prepare(Migration(str(number), "x", f"m/{number}_x.sql", text))
        for number, text in enumerate(texts, start=1)
    ]
    assert all(isinstance(each, Ready) for each in made), made
    return [each for each in made if isinstance(each, Ready)]


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def project(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Project:
    """Return an empty project of either version, as the role that it is pushed to with."""
    server = engine_of(request.param)
    name = new_database(server)

    def connect(user: str) -> LocalDatabase:
        return LocalDatabase(server.conninfo(user=user, database=name))

    return Project(server.version, connect("postgres"), connect("supabase_admin"), [])
