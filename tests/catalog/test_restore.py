"""What is printed to bring a project back does bring it back, or says that it is to be done by hand."""

import os
from collections.abc import Callable

import pytest

from sbapply.catalog.ddl.restore import restore
from sbapply.catalog.drift import drift
from sbapply.catalog.whole import read_whole
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.catalog.test_drift import CHANGES, SCHEMA
from tests.conftest import new_database

# A spread sample; all of them with SBAPPLY_WHOLE=1.
SAMPLE = [sql for sql, _ in CHANGES if "cron." not in sql][:: 1 if os.environ.get("SBAPPLY_WHOLE") else 4]
# What no statement brings back: where a column stands, and that it was inherited.
_LEFT = {"place", "inherited"}


@pytest.fixture(scope="module")
def template(engine_of: Callable[[int], Server]) -> str:
    name = new_database(engine_of(18))
    LocalDatabase(engine_of(18).conninfo(database=name)).run(SCHEMA)
    return name


@pytest.mark.parametrize("sql", SAMPLE)
def test_a_change_is_undone_by_what_is_printed_or_left_with_a_word(
    engine_of: Callable[[int], Server], template: str, sql: str
) -> None:
    server = engine_of(18)
    maker = LocalDatabase(server.conninfo(user="supabase_admin", database="template1"))
    expected = read_whole(LocalDatabase(server.conninfo(database=template)))
    maker.run(f"create database {template}_changed template {template} owner postgres")
    try:
        database = LocalDatabase(server.conninfo(database=f"{template}_changed"))
        database.run(sql)
        found = read_whole(database)
        statements = restore(expected, found, drift(expected, found))
        for each in statements:
            if each.sql:
                database.run(each.sql)
        left = [
            each
            for each in drift(expected, read_whole(database))
            if not each.facts.keys() <= _LEFT or not each.facts
        ]
    finally:
        maker.run(f"drop database {template}_changed with (force)")

    assert statements
    by_hand = [each.warning for each in statements if not each.sql]
    assert all(warning.startswith("by hand: ") for warning in by_hand)
    assert len(left) == len(by_hand)


def test_what_loses_data_says_so(engine_of: Callable[[int], Server], template: str) -> None:
    server = engine_of(18)
    expected = read_whole(LocalDatabase(server.conninfo(database=template)))
    name = new_database(server)
    changed = LocalDatabase(server.conninfo(database=name))
    changed.run(
        f"{SCHEMA}; create table app.more (id integer); alter table app.owners drop born, add more integer;"
    )
    found = read_whole(changed)

    warnings = {each.sql: each.warning for each in restore(expected, found, drift(expected, found))}

    assert warnings['drop table "app"."more"'] == "loses what table app.more holds"
    assert warnings['alter table "app"."owners" drop column "more"'] == "loses what column app.owners.more holds"
    assert any("is lost" in warning for sql, warning in warnings.items() if "add column" in sql)
