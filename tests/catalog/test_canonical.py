"""Views read the same whichever version wrote their definition, and different ones stay different."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sbapply.catalog.canonical import canonical, same, spread_casts
from sbapply.catalog.whole import WholeCatalog, differences, read_whole
from sbapply.errors import SqlError
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.catalog.rebuilding import rebuild
from tests.conftest import new_database

TABLES = Path(__file__).with_name("canonical_tables.sql").read_text(encoding="utf-8")

VIEWS = Path(__file__).with_name("canonical_views.sql").read_text(encoding="utf-8")
"""A query a line."""

MORE_COLUMNS_THAN_ANY = 16


def made(server: Server) -> WholeCatalog:
    """Return the catalog of a database with all views, each with as many names of columns as it takes."""
    database = LocalDatabase(server.conninfo(database=new_database(server)))
    database.run(TABLES)
    for number, query in enumerate(VIEWS.strip().splitlines()):
        for count in range(MORE_COLUMNS_THAN_ANY):
            names = f"({', '.join(f'c{n}' for n in range(count))})" if count else ""
            if _runs(database, f"create view app.view_{number}{names} as {query}"):
                break
    return read_whole(database)


@pytest.fixture(scope="module")
def on_18(engine_of: Callable[[int], Server]) -> WholeCatalog:
    return made(engine_of(18))


@pytest.fixture(scope="module")
def on_15(engine_of: Callable[[int], Server]) -> WholeCatalog:
    return made(engine_of(15))


def _runs(database: LocalDatabase, sql: str) -> bool:
    try:
        database.run(sql)
    except SqlError as error:
        if error.message.endswith("specified more than once"):
            return False
        raise
    return True


def definitions(catalog: WholeCatalog) -> dict[str, str]:
    return {item.key[1]: str(item.facts["definition"]) for item in catalog.of("view") if item.own}


def test_15_and_18_write_most_views_differently_and_all_compare_as_the_same(
    on_15: WholeCatalog, on_18: WholeCatalog
) -> None:
    before, after = definitions(on_15), definitions(on_18)
    assert len(after) == len(VIEWS.strip().splitlines()) + 1
    assert sum(before[name] != after[name] for name in after) > len(after) / 2
    assert [(before[name], after[name]) for name in after if not same(before[name], after[name])] == []
    assert [each.identity[1] for each in differences(on_15.own(), on_18.own()) if each.identity[0] == "view"] == []


@pytest.mark.parametrize("catalog", ["on_15", "on_18"])
def test_views_that_a_server_writes_differently_stay_different(
    catalog: str, request: pytest.FixtureRequest
) -> None:
    texts = set(definitions(request.getfixturevalue(catalog)).values())
    forms = {canonical(text) for text in texts}
    assert None not in forms
    assert len(forms) == len(texts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT t.a FROM app.t", "SELECT a FROM app.t"),
        ("SELECT x.a FROM app.t x", "SELECT a FROM app.t x"),
        ("SELECT new_1.id FROM app.new new_1", "SELECT id FROM app.new"),
        ("SELECT old_1.id FROM app.old old_1 FOR UPDATE OF old_1", "SELECT id FROM app.old FOR UPDATE OF old"),
        (
            "SELECT new_1.id FROM app.new new_1, app.new new_2",
            "SELECT new.id FROM app.new, app.new new_1",
        ),
        (
            "SELECT t.a FROM app.t WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.a = t.a)))",
            "SELECT a FROM app.t WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.a = t.a)))",
        ),
    ],
)
def test_what_only_a_version_adds_makes_no_difference(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT t.a FROM app.t", "SELECT t.b FROM app.t"),
        ("SELECT x.a FROM app.t x", "SELECT y.a FROM app.t y"),
        ("SELECT t.a FROM app.t, app.u", "SELECT u.a FROM app.t, app.u"),
        ("SELECT t.* FROM app.t", "SELECT t FROM app.t"),
        (
            "SELECT a FROM app.t WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.a = t.a)))",
            "SELECT a FROM app.t WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.a = u.a)))",
        ),
        ("SELECT new.id FROM app.new, app.new new_1", "SELECT new_1.id FROM app.new, app.new new_1"),
        ("SELECT 'a'::text AS x", "SELECT 'a'::character varying AS x"),
        ("SELECT a FROM app.t UNION SELECT a FROM app.u", "SELECT a FROM app.t UNION ALL SELECT a FROM app.u"),
        ("SELECT a FROM app.t ORDER BY a", "SELECT a FROM app.t ORDER BY a DESC"),
        ("no query at all", "no other either"),
    ],
)
def test_what_means_something_else_is_something_else(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    "demand",
    [
        "check (kind in ('a', 'b'))",
        "check (kind in ('it''s', 'b, c') or kind is null)",
        "check (kind not in ('a', 'b'))",
    ],
)
def test_a_list_of_varchar_is_the_same_after_it_was_read_again(
    demand: str, engine_of: Callable[[int], Server]
) -> None:
    made = rebuild(engine_of(18), f"create schema app; create table app.t (kind varchar, {demand})")
    assert made.dump_of_copy != made.dump
    assert made.differences == ()


def test_lists_of_other_values_stay_different() -> None:
    lists = [f"(ARRAY['a'::character varying, '{last}'::character varying])::text[]" for last in ("b", "c")]
    assert spread_casts(lists[0]) == "ARRAY[('a'::character varying)::text, ('b'::character varying)::text]"
    assert spread_casts(lists[0]) != spread_casts(lists[1])
