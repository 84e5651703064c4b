"""Give every test fresh databases: one to rehearse in (18), one that plays the project (18 and 15)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from sbapply.catalog.watch import PREPARATION, CatalogWatch
from sbapply.rehearse.server import Server
from sbapply.rehearse.steady import SteadyDatabase
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verify.claims import Claim, Trace, claims_about, supersede, traces_of
from sbapply.verify.queries import prepared_facts
from tests.conftest import new_database

Derive: TypeAlias = "Callable[[Sequence[tuple[str, str]]], tuple[Claim, ...]]"


@dataclass(frozen=True)
class Place:
    """Hold one fresh database: as the project's role, and as the superuser behind its back."""

    version: int
    database: LocalDatabase
    superuser: LocalDatabase
    as_role: Callable[[str], LocalDatabase]


def fresh(server: Server) -> Place:
    name = new_database(server)

    def connect(user: str) -> LocalDatabase:
        return LocalDatabase(server.conninfo(user=user, database=name))

    return Place(server.version, connect("postgres"), connect("supabase_admin"), connect)


@pytest.fixture
def derive(engine_of: Callable[[int], Server]) -> Derive:
    """Return a function from migrations (version, SQL) to the claims that still stand after the last."""

    def run(migrations: Sequence[tuple[str, str]]) -> tuple[Claim, ...]:
        database = fresh(engine_of(18)).database
        observer = SteadyDatabase(database.conninfo, opening=PREPARATION + prepared_facts())
        watch = CatalogWatch(observer, observer.close)
        watch.look()
        traces: list[Trace] = []
        for version, sql in migrations:
            database.run(sql)
            traces += traces_of(version, watch.look())
        claims = claims_about(supersede(traces), observer)
        observer.close()
        return claims

    return run


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def project(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Place:
    """Return a fresh database of either version, owned by a role that is no superuser."""
    return fresh(engine_of(request.param))


@pytest.fixture(scope="session")
def migrations() -> list[tuple[str, str]]:
    """Return the project's own migrations: version and SQL."""
    folder = Path(__file__).parents[2] / "supabase" / "migrations"
    return [(path.name[:4], path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))]
