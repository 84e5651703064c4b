"""What is no part of a table is claimed too, by the migration that wrote it, and its change is named."""

from collections.abc import Callable

import pytest

from sbapply.migrations.files import Migration
from sbapply.rehearse.rehearsal import Rehearsal, rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verify.proof import prove
from tests.conftest import new_database
from tests.verify.conftest import Place

MIGRATIONS = (
    (
        "0001",
        """
        create table a (id serial primary key, word text);
        create function f() returns int language sql as 'select 1'
        """,
    ),
    ("0002", "create type mood as enum ('good', 'bad'); grant select on a to anon; revoke insert on a from anon"),
    ("0003", "create view v as select id from a; comment on column a.word is 'one'; create schema apart"),
    ("0004", "create or replace function f() returns int language sql as 'select 2'; alter table a add b int"),
    (
        "0005",
        """
        create function g() returns trigger language plpgsql as $$ begin return new; end $$;
        create trigger t before insert on a for each row execute function g();
        insert into storage.buckets (id, name) values ('pics', 'pics')
        """,
    ),
)


@pytest.fixture(scope="module")
def rehearsal(engine_of: Callable[[int], Server]) -> Rehearsal:
    server = engine_of(18)
    database = LocalDatabase(server.conninfo(database=new_database(server)))
    return rehearse(database, [Migration(version, "x", f"m/{version}.sql", text) for version, text in MIGRATIONS])


@pytest.fixture
def pushed(project: Place) -> Place:
    for _, text in MIGRATIONS:
        project.database.run(text)
    return project


def test_each_is_claimed_by_the_migration_that_wrote_it_last(rehearsal: Rehearsal) -> None:
    claimed = {claim.object: claim.version for claim in rehearsal.claims}

    assert {
        "sequence public.a_id_seq": "0001",
        "enum public.mood": "0002",
        "privileges of anon on table public.a": "0002",
        "view public.v": "0003",
        "comment of column public.a.word": "0003",
        "schema apart": "0003",
        "function public.f()": "0004",
        "public.a.b": "0004",
        "trigger public.a.t": "0005",
        "bucket pics": "0005",
    }.items() <= claimed.items()


def test_what_every_new_object_gets_is_not_claimed(rehearsal: Rehearsal) -> None:
    assert [claim.object for claim in rehearsal.claims if claim.kind == "privilege"] == [
        "privileges of anon on table public.a"
    ]


def test_all_of_it_is_confirmed_right_after_a_push(rehearsal: Rehearsal, pushed: Place) -> None:
    verdict = prove(pushed.database, rehearsal.claims, rehearsed_on=rehearsal.server_version)

    assert verdict.differs == 0
    unprobed = [each.object for each in verdict.results if each.status == "not-probed"]
    assert all(each.endswith("probe)") for each in unprobed)
    assert verdict.confirmed == len(rehearsal.claims) - len(unprobed)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("create or replace function f() returns int language sql as 'select 3'", "function public.f()"),
        ("alter function f() security definer", "function public.f()"),
        ("alter type mood add value 'odd'", "enum public.mood"),
        ("grant insert on a to anon", "privileges of anon on table public.a"),
        ("drop view v", "view public.v"),
        ("create or replace view v as select id + 1 as id from a", "view public.v"),
        ("comment on column a.word is 'two'", "comment of column public.a.word"),
        ("drop schema apart", "schema apart"),
        ("alter table a disable trigger t", "trigger public.a.t"),
        ("alter sequence a_id_seq cycle", "sequence public.a_id_seq"),
        ("update storage.buckets set public = true", "bucket pics"),
    ],
)
def test_what_was_changed_is_named(rehearsal: Rehearsal, pushed: Place, sql: str, named: str) -> None:
    pushed.database.run(sql)

    verdict = prove(pushed.database, rehearsal.claims, rehearsed_on=rehearsal.server_version)
    whole = [
        each.object
        for each in verdict.results
        if each.status != "confirmed" and each.kind not in ("table", "column", "probe")
    ]

    assert whole == [named]


def test_a_request_that_is_too_large_is_cut_and_says_the_same(rehearsal: Rehearsal, pushed: Place) -> None:
    pushed.database.run("alter table a disable trigger t")

    verdict = prove(
        pushed.database,
        rehearsal.claims,
        byte_limit=1000,
        rehearsed_on=rehearsal.server_version,
    )

    assert [each.object for each in verdict.results if each.status == "differs"] == ["trigger public.a.t"]
    assert verdict.claims == len(rehearsal.claims)
