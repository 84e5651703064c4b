"""Migrations that are about tables of their own are run together, and each is told by what it did."""

from collections.abc import Callable

import pytest

from sbapply.catalog.diff import Change, diff
from sbapply.catalog.snapshot import read_catalog
from sbapply.errors import RehearsalFailed
from sbapply.history.ready import Ready, prepare
from sbapply.migrations.files import Migration
from sbapply.rehearse.apart import LARGEST, Group, own_tables
from sbapply.rehearse.rehearsal import rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verify.claims import traces_of
from tests.conftest import new_database


def ready(text: str, version: str = "1") -> Ready:
    prepared = prepare(migration(text, version))
    assert isinstance(prepared, Ready)
    return prepared


def migration(text: str, version: str = "1") -> Migration:
    return Migration(version, "x", f"m/{version}_x.sql", text)


APART: tuple[tuple[str, set[str]], ...] = (
    ("create table a (id int)", {"a"}),
    ("/* one */ CREATE UNLOGGED TABLE if not exists public . A (id int); -- two", {"a"}),
    ('create table "Wörter" (id int); create index on public."Wörter" (id)', {"Wörter"}),
    ("create table a (id int); create unique index if not exists i on only a (id)", {"a"}),
    (
        "create table a (id int); alter table a add b int, add c int; alter table a alter b set not null",
        {"a"},
    ),
    ("create table a (id int); alter table if exists only a enable row level security", {"a"}),
    ('create table a (id int); create policy "read it" on a using (true); grant select on a to anon', {"a"}),
    ("create table a (id int references other); create table b (like a)", {"a", "b"}),
    (
        "insert into other values (1); update other set id = 2; delete from other; comment on table a is ''",
        set(),
    ),
    ("create or replace function f() returns int language sql as 'select 1'; create type t as enum ('a')", set()),
    ("-- nothing", set()),
)


@pytest.mark.parametrize(("text", "tables"), APART)
def test_a_migration_that_changes_only_tables_that_it_makes_is_apart(text: str, tables: set[str]) -> None:
    assert own_tables(ready(text)) == frozenset(tables)


@pytest.mark.parametrize(
    "text",
    [
        "alter table other add b int",
        "create index on other (id)",
        "create policy p on other using (true)",
        "create table a (id int); alter table a rename to other",
        "create table a (id int); alter table a set schema other",
        "create table a (id int); alter table a attach partition other default",
        "create table a (id int) inherits (other)",
        "create table a partition of other default",
        "create table a as select 1",
        "create view v as select 1",
        "drop table other",
        "drop function f(int)",
        "do $$ begin execute 'alter table other add b int'; end $$",
        "select set_config('search_path', 'other', false)",
        "set search_path = other",
        "set role anon",
        "create extension citext",
        "create schema other",
        "alter schema other rename to another",
        "alter type t add value 'b'",
        "create event trigger e on ddl_command_end execute function f()",
        "create index concurrently on other (id)",
        "begin; create table a (id int); commit; create table b (id int)",
        "vacuum other",
    ],
)
def test_a_migration_that_may_change_more_is_not_apart(text: str) -> None:
    assert own_tables(ready(text)) is None


def test_two_that_make_tables_of_one_name_are_not_run_together() -> None:
    group = Group()
    group.add(ready("create table a.one (id int)"), frozenset({"one"}))

    assert not group.takes(frozenset({"one"}))
    assert not group.takes(None)
    assert group.takes(frozenset({"two"}))


def test_nothing_is_run_together_with_one_that_is_not_apart() -> None:
    group = Group()
    group.add(ready("drop table a"), None)

    assert group.closed
    assert not group.takes(frozenset())


def test_a_group_has_an_end() -> None:
    group = Group()
    for number in range(LARGEST):
        group.add(ready("select 1", str(number)), frozenset())

    assert group.closed


FOLDER = (
    "create table before (id int primary key, word text)",
    "create table one (id int primary key, before int references before); create index on one (before);",
    "insert into before values (1); insert into one values (1, 1);",
    'create table "Two" (); alter table "Two" enable row level security; create policy p on "Two" using (true);',
    "create view pair as select one.id, before.word from one join before on before.id = one.before",
    "create table three (like one including all); alter table three add word text check (word <> '');",
    "create schema apart",
    "create table apart.one (id int);",
    "create function f() returns int language sql as 'select 1'",
    "alter table before rename column word to term",
    "create table apart.before (id int); create index on apart.before (id)",
    "drop view pair; drop table one",
)


@pytest.mark.parametrize("pending", [(), ("07", "11")], ids=["all applied", "some pending"])
def test_each_is_told_by_what_it_did_as_if_it_was_run_alone(
    engine_of: Callable[[int], Server], pending: tuple[str, ...]
) -> None:
    server = engine_of(18)
    scratch, beside = (LocalDatabase(server.conninfo(database=new_database(server))) for _ in range(2))
    migrations = [migration(text, f"{place:02}") for place, text in enumerate(FOLDER)]
    expected = []
    for each in migrations:
        changes = _changes(beside, each.text)
        expected.append((each.version, {trace.object for trace in traces_of(each.version, changes)}))

    rehearsal = rehearse(scratch, migrations, pending=pending)

    assert [(version, {each.object for each in traces}) for version, traces in rehearsal.traces] == expected
    assert tuple(version for version, _ in rehearsal.footprints) == pending


def _changes(database: LocalDatabase, sql: str) -> tuple[Change, ...]:
    before = read_catalog(database)
    database.run(sql)
    return diff(before, read_catalog(database))


def test_the_one_that_fails_is_named_and_those_after_it_are_not_run(database: LocalDatabase) -> None:
    texts = (
        "create table a (id int)",
        "create table b (id int);\ninsert into b values ('x')",
        "create table c (id int)",
    )

    with pytest.raises(RehearsalFailed) as caught:
        rehearse(database, [migration(text, str(place)) for place, text in enumerate(texts)])

    assert (caught.value.version, caught.value.file) == ("1", "m/1_x.sql")
    assert caught.value.place is not None
    assert caught.value.place.line == 2


@pytest.fixture
def database(engine_of: Callable[[int], Server]) -> LocalDatabase:
    server = engine_of(18)
    return LocalDatabase(server.conninfo(database=new_database(server)))


def test_what_stands_before_an_unreadable_file_is_run_first(database: LocalDatabase) -> None:
    texts = ("create table a (id int, id int)", "create tabel b (id int)")

    with pytest.raises(RehearsalFailed) as caught:
        rehearse(database, [migration(text, str(place)) for place, text in enumerate(texts)])

    assert caught.value.version == "0"
