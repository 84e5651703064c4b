"""What is there and in no kind is named, so that nobody takes a catalog for more than it is."""

from collections.abc import Callable

import pytest

from sbapply.catalog.kinds import KINDS
from sbapply.catalog.whole import WholeCatalog, read_whole
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database


def found(server: Server, sql: str, user: str = "postgres") -> WholeCatalog:
    name = new_database(server)
    LocalDatabase(server.conninfo(user=user, database=name)).run(sql)
    return read_whole(LocalDatabase(server.conninfo(database=name)))


def not_covered(catalog: WholeCatalog) -> set[str]:
    # Roles are of the whole cluster, and other tests make some.
    return {each for each in catalog.not_covered if not each.startswith("password of role")}


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def server(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Server:
    return engine_of(request.param)


def test_of_a_fresh_project_everything_is_covered(server: Server) -> None:
    assert not_covered(found(server, "select 1")) == set()


def test_large_objects_are_named(server: Server) -> None:
    assert not_covered(found(server, "select lo_create(424242)")) == {"large object 424242"}


def test_passwords_of_roles_are_named_where_there_can_be_one(server: Server) -> None:
    sql = "create role covered_login login; create role covered_group"
    catalog = found(server, sql)
    assert "password of role covered_login" in catalog.not_covered
    assert "password of role covered_group" not in catalog.not_covered
    LocalDatabase(server.conninfo()).run("drop role covered_login; drop role covered_group")


def test_what_is_a_part_of_something_covered_is_not_named(server: Server) -> None:
    sql = """
    create table public.t (id int generated always as identity primary key, a int not null check (a > 0) unique,
      b int references public.t, c text default 'x', d int[] , e serial);
    create table public.p (k int primary key) partition by range (k);
    create table public.p1 partition of public.p for values from (1) to (5);
    create index on public.p (k);
    create type public.pair as (a int, b text);
    create type public.mood as enum ('x', 'y');
    create type public.span as range (subtype = int4);
    create domain public.positive as int check (value > 0);
    create view public.v as select * from public.t;
    create materialized view public.m as select * from public.t;
    create policy mine on public.t using (true);
    create rule r as on delete to public.t do also notify x;
    create function public.f() returns trigger language plpgsql as 'begin return new; end';
    create trigger tr before insert on public.t for each row execute function public.f();
    create statistics public.s on id, a from public.t;
    alter default privileges in schema public grant select on tables to anon;
    """
    assert not_covered(found(server, sql)) == set()


def test_what_stands_in_a_kind_that_is_not_read_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from sbapply.catalog import whole

    fewer = tuple(kind for kind in KINDS if kind not in {"policy", "function", "enum"})
    monkeypatch.setattr(whole, "KINDS", fewer)
    sql = """
    create table public.t (a int); create policy mine on public.t using (true);
    create function public.f(a int, b text) returns int language sql as 'select 1';
    create type public.mood as enum ('x');
    """
    assert not_covered(found(server, sql)) >= {
        "policy mine on public.t",
        "function public.f(integer,pg_catalog.text)",
        "type public.mood",
    }


def test_rows_that_an_extension_would_have_dumped_are_named(engine_of: Callable[[int], Server]) -> None:
    sql = "create extension pg_cron; select cron.schedule('x', '@daily', 'select 1')"
    assert not_covered(found(engine_of(18), sql)) == set()
