"""Each change behind a project's back is named, whatever it is about, and nothing else is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sbapply.catalog.drift import drift
from sbapply.catalog.names import named
from sbapply.catalog.whole import WholeCatalog, read_whole
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database

SCHEMA = Path(__file__).with_name("drift.sql").read_text("utf-8")
# There is a stand-in for pg_cron on 18 alone.
CRON = "create extension pg_cron; select cron.schedule('tidy', '0 3 * * *', 'call app.tidy(1)');"
CHANGES = [
    (sql.strip(), frozenset(filter(None, names.strip().split("|"))))
    for names, _, sql in (
        change.partition("\n")
        for change in Path(__file__).with_name("drift_changes.sql").read_text("utf-8").split("-- named:")[1:]
    )
]


@dataclass(frozen=True)
class Pushed:
    """Hold what a rehearsal on 18 came to, and a server with a database in which the same was pushed."""

    expected: WholeCatalog
    server: Server
    name: str

    def after(self, sql: str) -> set[str]:
        """Return what is named once ``sql`` was run in a copy of the database."""
        maker = LocalDatabase(self.server.conninfo(user="supabase_admin", database="template1"))
        copy = f"{self.name}_changed"
        maker.run(f"create database {copy} template {self.name} owner postgres")
        try:
            # A job runs in the database that it was made in, and this one has another name.
            if self.server.version >= 18:
                LocalDatabase(self.server.conninfo(user="supabase_admin", database=copy)).run(
                    f"update cron.job set database = '{copy}'"
                )
            database = LocalDatabase(self.server.conninfo(database=copy))
            database.run(sql)
            found = drift(self.expected, read_whole(database))
        finally:
            maker.run(f"drop database {copy} with (force)")
        return {named(*each.identity) for each in found}


@pytest.fixture(scope="module", params=[18, 15], ids=["on 18", "on 15"])
def pushed(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Pushed:
    schema = SCHEMA + CRON if request.param == 18 else SCHEMA
    rehearsed = LocalDatabase(engine_of(18).conninfo(database=new_database(engine_of(18))))
    rehearsed.run(schema)
    server = engine_of(request.param)
    name = new_database(server)
    LocalDatabase(server.conninfo(database=name)).run(schema)
    return Pushed(read_whole(rehearsed), server, name)


def test_there_are_two_hundred_changes_of_every_class() -> None:
    assert len({sql for sql, _ in CHANGES}) == len(CHANGES) >= 200


def test_nothing_is_named_where_nothing_was_changed(pushed: Pushed) -> None:
    assert pushed.after("select 1") == set()


@pytest.mark.parametrize(("sql", "names"), [pytest.param(*each, id=each[0]) for each in CHANGES])
def test_a_change_is_named_and_nothing_else(pushed: Pushed, sql: str, names: frozenset[str]) -> None:
    if "cron." in sql and pushed.server.version < 18:
        pytest.skip("PostgreSQL 15 has no pg_cron here, and no stand-in for it")
    assert pushed.after(sql) == names
