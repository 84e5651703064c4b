"""What a migration took away is claimed to be absent, by that migration, and named where it stands all the same."""

from collections.abc import Callable

import pytest

from sbapply.catalog.whole import read_whole
from sbapply.migrations.files import Migration
from sbapply.rehearse.rehearsal import Rehearsal, rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verify.claims import Claim
from sbapply.verify.proof import prove
from tests.conftest import new_database
from tests.verify.conftest import Place

OBJECTS = {
    "function public.f(integer, text, public.mood[])": (
        "create function f(int, text, mood[]) returns int language sql as 'select 1'",
        "drop function f(int, text, mood[])",
    ),
    'procedure public.p(timestamp with time zone, "char")': (
        "create procedure p(timestamptz, \"char\") language sql as ''",
        "drop procedure p",
    ),
    "aggregate public.many(integer)": (
        "create aggregate many(int) (sfunc = int4pl, stype = int)",
        "drop aggregate many(int)",
    ),
    "view public.v": ("create view v as select id from t", "drop view v"),
    "materialized view public.m": ("create materialized view m as select 1 as one", "drop materialized view m"),
    "sequence public.s": ("create sequence s", "drop sequence s"),
    "type public.grade": ("create type grade as enum ('a')", "drop type grade"),
    "type public.pair": ("create type pair as (a int, b int)", "drop type pair"),
    "type public.short": ("create domain short as text check (length(value) < 5)", "drop domain short"),
    "type public.span": ("create type span as range (subtype = int)", "drop type span"),
    "trigger public.t.tr": (
        "create trigger tr before insert on t for each row execute function g()",
        "drop trigger tr on t",
    ),
    "rule public.t.ru": ("create rule ru as on delete to t do instead nothing", "drop rule ru on t"),
    "schema apart": ("create schema apart", "drop schema apart"),
    "statistics public.st": ("create statistics st on id, word from t", "drop statistics st"),
    "collation public.c": ('create collation c from "C"', "drop collation c"),
    'operator public."===".integer.integer': (
        "create operator === (function = int4eq, leftarg = int, rightarg = int)",
        "drop operator === (int, int)",
    ),
    'cast text."public.mood"': (
        "create cast (text as mood) with inout",
        "drop cast (text as mood)",
    ),
    "publication pub": ("create publication pub", "drop publication pub"),
    "publication table kept.public.t": (
        "alter publication kept add table t",
        "alter publication kept drop table t",
    ),
    "text search configuration public.words": (
        "create text search configuration words (copy = simple)",
        "drop text search configuration words",
    ),
    "text search dictionary public.dict": (
        "create text search dictionary dict (template = simple)",
        "drop text search dictionary dict",
    ),
}
BASE = """
create type mood as enum ('good');
create table t (id int, word text);
create function g() returns trigger language plpgsql as $$ begin return new; end $$;
create publication kept;
"""


def rehearsed(server: Server, *texts: str) -> Rehearsal:
    database = LocalDatabase(server.conninfo(database=new_database(server)))
    versions = [(f"{place:04}", text) for place, text in enumerate(texts, start=1)]
    return rehearse(database, [Migration(version, "x", f"m/{version}.sql", text) for version, text in versions])


def absent(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    return sorted((each.version, each.object) for each in rehearsal.claims if gone(each))


def gone(claim: Claim) -> bool:
    return claim.expected is None and claim.kind not in {"table", "column", "constraint", "index"}


@pytest.mark.parametrize("name", OBJECTS)
def test_what_was_dropped_is_claimed_absent(engine_of: Callable[[int], Server], project: Place, name: str) -> None:
    made, dropped = OBJECTS[name]
    rehearsal = rehearsed(engine_of(18), BASE, made, dropped)
    for text in (BASE, made):
        project.database.run(text)

    left = prove(project.database, rehearsal.claims, rehearsed_on=rehearsal.server_version)
    project.database.run(dropped)
    done = prove(project.database, rehearsal.claims, rehearsed_on=rehearsal.server_version)

    assert ("0003", name) in absent(rehearsal)
    assert name in [each.object for each in left.results if each.status == "differs"]
    assert (done.differs, done.outcome) == (0, "confirmed")


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("alter function f() rename to h", ["function public.f()"]),
        ("alter function f() set schema other", ["function public.f()"]),
        ("alter view v rename to w", ["view public.v"]),
        ("alter type mood rename to humour", ["type public.mood"]),
        ("do $$ begin execute 'drop view v'; end $$", ["view public.v"]),
        ("drop function g() cascade", ["function public.g()", "trigger public.t.tr"]),
        ("drop table t cascade", ["sequence public.t_id_seq", "view public.v"]),
        ("drop schema other cascade", ["schema other"]),
        ("drop function f(); create function f() returns text language sql as $$ select 'x' $$", []),
        ("drop view v; create table v (id int)", ["view public.v"]),
        (
            "drop trigger tr on t; drop table t cascade; create table t (id int)",
            ["sequence public.t_id_seq", "trigger public.t.tr", "view public.v"],
        ),
        ("drop extension citext", ["extension citext"]),
        ("alter table keyed drop constraint to_keys; alter table keys drop constraint late", []),
        (
            "create temp view x as select 1; drop view x; create sequence pg_temp.y; drop sequence pg_temp.y",
            [],
        ),
    ],
)
def test_only_what_is_not_there_at_the_end_is_absent(
    engine_of: Callable[[int], Server], sql: str, names: list[str]
) -> None:
    base = (
        BASE.replace("id int", "id serial")
        + """
        create schema other;
        create extension citext;
        create table keys (id int primary key, other int constraint late unique deferrable);
        create table keyed (id int constraint to_keys references keys (id));
        create function other.in_it() returns int language sql as 'select 1';
        create function f() returns int language sql as 'select 1';
        create view v as select id from t;
        create trigger tr before insert on t for each row execute function g();
        """
    )
    rehearsal = rehearsed(engine_of(18), base, sql)

    assert absent(rehearsal) == [("0002", name) for name in names]


def test_the_watching_is_in_no_catalog(engine_of: Callable[[int], Server]) -> None:
    server = engine_of(18)
    database = LocalDatabase(server.conninfo(database=new_database(server)))
    before = read_whole(database)
    rehearse(database, [Migration("1", "x", "m/1.sql", "drop schema if exists nothing")])
    after = read_whole(database)

    came = {each for each in after.objects if each not in before.objects and each[0] != "comment"}
    assert {after.objects[each].belongs for each in came} <= {"platform", "extension plpgsql"}
    assert not [each for each in after.own() if each.identity in came]


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("revoke all on t from anon", ["privileges of anon on table public.t"]),
        (
            "revoke all on public.t from anon, public",
            ["privileges of anon on table public.t", "privileges of public on table public.t"],
        ),
        ("revoke select (id) on t from anon", ["privileges of anon on column public.t.id"]),
        ("revoke all on v from authenticated", ["privileges of authenticated on view public.v"]),
        ("revoke execute on function f(int) from anon", ["privileges of anon on function public.f(integer)"]),
        (
            "revoke all on all tables in schema public from anon; create table later ()",
            ["privileges of anon on table public.t", "privileges of anon on view public.v"],
        ),
        ("revoke all on schema apart from anon", ["privileges of anon on schema apart"]),
        ("revoke helper from worker", ["membership helper.worker"]),
        ("drop role worker", ["role worker"]),
        ("revoke insert on t from anon", []),
        ("revoke all on t from anon; grant select on t to anon", []),
    ],
)
def test_what_was_revoked_is_claimed_absent(
    engine_of: Callable[[int], Server], project: Place, sql: str, names: list[str]
) -> None:
    base = """
        create table t (id int); create view v as select id from t; create schema apart;
        create function f(int) returns int language sql as 'select 1';
        grant usage on schema apart to anon; grant execute on function f(int) to anon;
        grant select (id) on t to anon;
        """
    roles = "create role helper; create role worker; grant helper to worker;"
    undone = "drop role if exists worker; drop role if exists helper"
    admin = LocalDatabase(engine_of(18).conninfo(user="supabase_admin"))
    if "worker" not in sql:
        rehearsal = rehearsed(engine_of(18), base, sql)
        for text in (base, sql):
            project.database.run(text)
        verdict = prove(project.database, rehearsal.claims, rehearsed_on=rehearsal.server_version)
        assert verdict.differs == 0
        project.database.run(
            base.partition("language sql as 'select 1';")[2] + "grant all on t, v to anon, authenticated, public"
        )
        again = prove(project.database, rehearsal.claims, rehearsed_on=rehearsal.server_version)
        assert {each.object for each in again.results if each.status == "differs"} >= set(names)
    else:
        admin.run(undone)
        try:
            rehearsal = rehearsed(engine_of(18), roles, sql)
        finally:
            admin.run(undone)

    assert absent(rehearsal) == [("0002", name) for name in sorted(names)]
