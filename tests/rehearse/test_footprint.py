"""What each statement of a pending migration locks and rewrites is seen before it is sent."""

from collections.abc import Callable

import pytest

from sbapply.history.ready import Ready, prepare
from sbapply.migrations.files import Migration
from sbapply.rehearse.footprint import Footprint, LockMode, StatementWatch
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database

THERE = """
create table orders (id int primary key, amount int, pieces int, note text);
create table items (order_id int);
create table owners (id uuid);
create materialized view totals as select sum(amount) as total from orders;
create unique index on totals (total);
"""


@pytest.fixture
def database(engine_of: Callable[[int], Server]) -> LocalDatabase:
    server = engine_of(18)
    made = LocalDatabase(server.conninfo(user="postgres", database=new_database(server)))
    made.run(THERE)
    return made


def ready(text: str) -> Ready:
    prepared = prepare(Migration("1", "x", "m/1_x.sql", text))
    assert isinstance(prepared, Ready)
    return prepared


def footprints(database: LocalDatabase, text: str) -> tuple[Footprint, ...]:
    watch = StatementWatch(database.conninfo)
    return watch.observe(ready(text)) if watch.concerns(ready(text)) else ()


ORDERS, ITEMS = ("public", "orders"), ("public", "items")


@pytest.mark.parametrize(
    ("statement", "locks", "rewritten"),
    [
        ("alter table orders add column b int", {ORDERS: "ACCESS EXCLUSIVE"}, set()),
        ("alter table orders add column b uuid default gen_random_uuid()", {ORDERS: "ACCESS EXCLUSIVE"}, {ORDERS}),
        ("alter table orders alter pieces type bigint", {ORDERS: "ACCESS EXCLUSIVE"}, {ORDERS}),
        ("alter table orders alter note type varchar", {ORDERS: "ACCESS EXCLUSIVE"}, set()),
        ("create index on orders (amount)", {ORDERS: "SHARE"}, set()),
        ("create index concurrently on orders (amount)", {ORDERS: "SHARE UPDATE EXCLUSIVE"}, set()),
        (
            "alter table items add foreign key (order_id) references orders",
            {ORDERS: "SHARE ROW EXCLUSIVE", ITEMS: "SHARE ROW EXCLUSIVE"},
            set(),
        ),
        (
            "alter table owners add foreign key (id) references auth.users",
            {("auth", "users"): "SHARE ROW EXCLUSIVE", ("public", "owners"): "SHARE ROW EXCLUSIVE"},
            set(),
        ),
        ("update orders set amount = 0", {ORDERS: "ROW EXCLUSIVE"}, set()),
        ("truncate items", {ITEMS: "ACCESS EXCLUSIVE"}, set()),
        ("drop table items", {ITEMS: "ACCESS EXCLUSIVE"}, set()),
        ("refresh materialized view totals", {("public", "totals"): "ACCESS EXCLUSIVE"}, {("public", "totals")}),
    ],
)
def test_a_statement_is_told_with_its_locks(
    database: LocalDatabase, statement: str, locks: dict[tuple[str, str], str], rewritten: set[tuple[str, str]]
) -> None:
    [found] = footprints(database, f"-- why\n  {statement};\n")
    told = {table: mode.title for table, mode in found.locks.items() if mode > LockMode.ACCESS_SHARE}
    assert told == locks
    assert set(found.rewritten) == rewritten
    assert (found.place.line, found.place.column) == (2, 3)


def test_a_lock_is_told_where_its_transaction_takes_it_first(database: LocalDatabase) -> None:
    text = (
        "begin;\nalter table orders add b int;\nalter table orders add c int;\ncommit;\n"
        "alter table orders add d int;\n"
    )
    found = [(each.place.line, {*each.locks.values()}) for each in footprints(database, text) if each.locks]
    assert found == [(2, {LockMode.ACCESS_EXCLUSIVE}), (5, {LockMode.ACCESS_EXCLUSIVE})]


def test_what_names_no_table_that_stood_before_is_not_watched(database: LocalDatabase) -> None:
    assert footprints(database, "create table another (id int)") == ()


def test_nothing_stays(database: LocalDatabase) -> None:
    footprints(database, "create table gone (id int); drop table items;")
    [row] = database.run("select to_regclass('gone') is null and to_regclass('items') is not null as clean")
    assert row["clean"] is True


def test_tables_have_the_names_that_they_had_before_the_first_pending_migration(database: LocalDatabase) -> None:
    watch = StatementWatch(database.conninfo)
    rename = "alter table orders rename to purchases"
    assert watch.concerns(ready(rename))
    database.run(rename)
    assert watch.concerns(ready("alter table purchases add b int"))
    [found] = watch.observe(ready("alter table purchases add b int"))
    assert set(found.locks) == {ORDERS}


def test_a_statement_that_fails_ends_its_transaction_and_no_other(database: LocalDatabase) -> None:
    text = (
        "begin; alter table orders add b int; select 1 / 0; drop table items; commit; create index on orders (id);"
    )
    assert [each.locks for each in footprints(database, text)] == [
        {ORDERS: LockMode.ACCESS_EXCLUSIVE},
        {ORDERS: LockMode.SHARE},
    ]


def test_log_is_counted(database: LocalDatabase) -> None:
    [small, large] = footprints(
        database, "insert into items values (1); insert into items select generate_series(1, 10000);"
    )
    assert 0 < small.wal_bytes < 10_000 < 300_000 < large.wal_bytes
