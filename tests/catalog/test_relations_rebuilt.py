"""Types, tables, constraints, indexes, views and policies are rebuilt as they were."""

from collections.abc import Callable

import pytest

from sbapply.catalog.ddl import build
from sbapply.catalog.whole import differences, read_whole
from sbapply.errors import SqlError
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.catalog.cases import FOREIGN, ONLY_18, RELATIONS
from tests.catalog.together import Together, rebuild_together
from tests.conftest import new_database

WRAPPER = "create foreign data wrapper far; grant usage on foreign data wrapper far to postgres"


@pytest.fixture(scope="module")
def on_18(engine_of: Callable[[int], Server]) -> Together:
    return rebuild_together(engine_of(18), {**RELATIONS, **FOREIGN, **ONLY_18}, there=WRAPPER)


@pytest.fixture(scope="module")
def on_15(engine_of: Callable[[int], Server]) -> Together:
    return rebuild_together(engine_of(15), {**RELATIONS, **FOREIGN}, there=WRAPPER)


@pytest.mark.parametrize("case", [*RELATIONS, *FOREIGN, *ONLY_18])
def test_it_is_rebuilt_on_18(on_18: Together, case: str) -> None:
    on_18.assert_same(case)


@pytest.mark.parametrize("case", [*RELATIONS, *FOREIGN])
def test_it_is_rebuilt_on_15(on_15: Together, case: str) -> None:
    on_15.assert_same(case)


@pytest.mark.parametrize(("made", "rebuilt"), [(15, 18), (18, 15)], ids=["15 on 18", "18 on 15"])
def test_all_of_it_is_rebuilt_on_another_version(
    made: int, rebuilt: int, engine_of: Callable[[int], Server]
) -> None:
    together = rebuild_together(engine_of(made), {**RELATIONS, **FOREIGN}, there=WRAPPER, on=engine_of(rebuilt))
    assert together.refused == []
    assert differences(together.original.own(), together.copy.own()) == ()


@pytest.mark.parametrize("version", ["on_18", "on_15"])
def test_all_of_it_together_is_the_same(version: str, request: pytest.FixtureRequest) -> None:
    together: Together = request.getfixturevalue(version)
    assert together.refused == []
    assert differences(together.original.own(), together.copy.own()) == ()
    assert together.dump_of_copy == together.dump


@pytest.mark.parametrize("version", ["on_18", "on_15"])
def test_the_copy_is_written_as_the_original_was(version: str, request: pytest.FixtureRequest) -> None:
    together: Together = request.getfixturevalue(version)
    assert [each.sql for each in build(together.copy)] == [each.sql for each in build(together.original)]


def test_an_invalid_index_is_told_and_not_built(database: LocalDatabase) -> None:
    database.run("create table t (a int); insert into t values (1), (1)")
    with pytest.raises(SqlError, match="could not create unique index"):
        database.run("create unique index concurrently broken on t (a)")

    catalog = read_whole(database)

    assert catalog.objects["index", ("public", "broken")].facts["valid"] is False
    assert [each for each in build(catalog) if each.identity[0] == "index"] == []


def test_a_shell_type_is_told_as_not_covered(engine_of: Callable[[int], Server]) -> None:
    server = engine_of(18)
    name = new_database(server)
    LocalDatabase(server.conninfo(user="supabase_admin", database=name)).run("create type public.shell")

    assert read_whole(LocalDatabase(server.conninfo(database=name))).not_covered == ("type public.shell",)


def test_what_must_not_wait_is_made_earlier_and_the_rest_in_its_time(database: LocalDatabase) -> None:
    database.run(
        "create table t (id int primary key, a text); create view v as select id, a from t group by id;"
        "create materialized view m as select id from v; create view w as select id from m"
    )

    kinds = [(each.identity[0], each.sql.split()[0]) for each in build(read_whole(database))]

    assert kinds.index(("constraint", "alter")) < kinds.index(("view", "create"))
    assert kinds.index(("materialized view", "refresh")) > max(
        place for place, each in enumerate(kinds) if each == ("view", "create")
    )
