"""A fingerprint moves with whatever is the project's own, and names the object that did."""

from collections.abc import Callable

from sbapply.catalog.fingerprint import Fingerprint, fingerprint
from sbapply.catalog.whole import read_whole
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database


def test_it_is_the_same_until_something_moves_and_names_what_did(engine_of: Callable[[int], Server]) -> None:
    server = engine_of(18)
    database = LocalDatabase(server.conninfo(user="postgres", database=new_database(server)))
    database.run("create table a (id int primary key); create view v as select id from a")

    def taken() -> Fingerprint:
        return fingerprint(read_whole(database))

    first = taken()
    assert taken() == first
    database.run("insert into a values (1); analyze a")
    assert taken() == first
    for sql, names in (
        ("comment on column a.id is 'x'", ("table public.a",)),
        ("create index a_id on a (id)", ("table public.a",)),
        ("create table b (id int); drop view v", ("table public.b", "view public.v")),
    ):
        before = taken()
        database.run(sql)
        after = taken()
        assert before.sha256 != after.sha256
        assert before.moved(after) == names
