"""Rows of added columns and the history are part of the evidence."""

import pytest

from sbapply.database import Json
from sbapply.verify.claims import Claim
from sbapply.verify.proof import prove
from tests.verify.conftest import Derive, Place

BASE = ("0001", "create table public.t (id integer); insert into public.t select generate_series(1, 4)")

COLUMNS: dict[str, tuple[str, Json]] = {
    "constant": ("text not null default 'idle'", 4),
    "none": ("text", 4),
    "json": ("json default '{\"a\": [1]}'", 4),
    "jsonb": ('jsonb default \'{"b": 1, "a": 2}\'', 4),
    "array": ("text[] not null default '{}'", 4),
    "numeric with a scale": ("numeric(8, 3) default 1.5", 4),
    "arithmetic": ("integer default 6 * 7", 4),
    "point": ("point default '(1,2)'", 4),
    "xml": ("xml", 4),
    "now": ("timestamptz default now()", None),
    "current_date": ("date default current_date", None),
    "random": ("uuid default gen_random_uuid()", None),
    "identity": ("bigint generated always as identity", None),
    "serial": ("serial", None),
    "generated": ("integer generated always as (id * 2) stored", None),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_rows_at_the_default_are_counted_where_it_is_a_constant(name: str, derive: Derive, project: Place) -> None:
    definition, at_default = COLUMNS[name]
    added = f"alter table public.t add column x {definition}"
    claims = derive([BASE, ("0002", added)])
    project.database.run(BASE[1])
    project.database.run(added)

    verdict = prove(project.database, claims)

    assert verdict.outcome == "confirmed"
    [result] = [result for result in verdict.results if result.rows is not None]
    assert result.object == "public.t.x"
    assert isinstance(result.rows, dict)
    nulls = 4 if name in {"none", "xml"} else 0
    assert {**result.rows, "query": None} == {
        "rows": 4,
        "nulls": nulls,
        "at_default": at_default,
        "query": None,
    }
    [again] = project.database.run(str(result.rows["query"]))
    assert again["counts"] == {"rows": 4, "nulls": nulls, "at_default": at_default}


@pytest.mark.parametrize("definition", ["bigint default public.f()", "public.own default 1"])
def test_a_function_of_somebodys_own_is_not_called_to_count_rows(
    definition: str, derive: Derive, project: Place
) -> None:
    base = (
        f"{BASE[1]}; create sequence public.s; create function public.f() returns bigint language sql immutable as"
        " 'select nextval(''public.s'')'; create domain public.own as bigint check (value < 9 + public.f())"
    )
    added = f"alter table public.t add column x {definition}"
    claims = derive([("0001", base), ("0002", added)])
    project.database.run(base)
    project.database.run(added)
    before = project.database.run("select last_value from public.s")

    [result] = [result for result in prove(project.database, claims).results if result.rows is not None]

    assert isinstance(result.rows, dict)
    assert (result.rows["rows"], result.rows["at_default"]) == (4, None)
    assert project.database.run("select last_value from public.s") == before


def test_rows_that_were_written_since_are_evidence_and_no_difference(derive: Derive, project: Place) -> None:
    added = "alter table public.t add column x text not null default 'idle'"
    claims = derive([BASE, ("0002", added)])
    project.database.run(f"{BASE[1]}; {added}; update public.t set x = 'busy' where id < 3")

    verdict = prove(project.database, claims)

    [rows] = [result.rows for result in verdict.results if result.rows is not None]
    assert isinstance(rows, dict)
    assert (verdict.outcome, rows["at_default"]) == ("confirmed", 2)


def test_nulls_in_a_column_that_allows_none_differ(derive: Derive, project: Place) -> None:
    if project.version < 18:
        pytest.skip("NOT NULL … NOT VALID came with 18")
    claims = derive([BASE, ("0002", "alter table public.t add column x text not null default ''")])
    project.database.run(
        f"{BASE[1]}; alter table public.t add column x text;"
        "alter table public.t alter x set default '', add constraint x_nn not null x not valid"
    )

    assert [r.object for r in prove(project.database, claims).results if r.status == "differs"] == ["public.t.x"]


def test_a_table_too_large_is_not_counted(derive: Derive, project: Place) -> None:
    added = "alter table public.t add column x text"
    claims = derive([BASE, ("0002", added)])
    project.database.run(f"{BASE[1]}; {added}")
    project.superuser.run("update pg_class set reltuples = 5e6 where oid = 'public.t'::regclass")

    [rows] = [result.rows for result in prove(project.database, claims).results if result.rows is not None]

    assert rows == {"reason": "about 5000000 rows: too many to count in passing", "sqlstate": "SBV03"}


def test_a_hundred_added_columns_are_counted_in_one_pass(derive: Derive, project: Place) -> None:
    added = "alter table public.t " + ", ".join(f"add column x{n} integer default {n}" for n in range(150))
    claims = derive([BASE, ("0002", added)])
    project.database.run(f"{BASE[1]}; {added}")

    counted = [result.rows for result in prove(project.database, claims).results if result.rows is not None]

    assert len(counted) == 150
    assert all(isinstance(rows, dict) and rows.get("at_default") == 4 for rows in counted)


def test_the_history_is_asked_in_the_same_request(project: Place) -> None:
    absent = prove(project.database, [], versions=["0001"])
    assert [(r.object, r.status, r.found) for r in absent.results] == [
        ("supabase_migrations.schema_migrations[0001]", "missing", "there is no history table")
    ]

    project.database.run(
        "create schema supabase_migrations;"
        "create table supabase_migrations.schema_migrations (version text primary key, name text);"
        "insert into supabase_migrations.schema_migrations values ('0001')"
    )
    verdict = prove(project.database, [], versions=["0001", "0002"])

    assert [(r.status, r.found) for r in verdict.results] == [("confirmed", "present"), ("missing", None)]
    assert verdict.outcome == "differs"


def test_nothing_claimed_is_never_called_confirmed(project: Place) -> None:
    project.database.run(
        "create schema supabase_migrations;"
        "create table supabase_migrations.schema_migrations (version text primary key);"
        "insert into supabase_migrations.schema_migrations values ('0001')"
    )

    for versions in ([], ["0001"]):
        verdict = prove(project.database, [], versions=versions)
        assert verdict.outcome == "nothing-claimed"
        assert verdict.nothing_claimed


def test_a_history_that_may_not_be_read_is_not_missing(project: Place) -> None:
    project.superuser.run(
        "create schema supabase_migrations; grant usage on schema supabase_migrations to pgbouncer;"
        "create table supabase_migrations.schema_migrations (version text primary key)"
    )

    [result] = prove(project.as_role("pgbouncer"), [], versions=["0001"]).results

    assert (result.status, result.found) == (
        "not-visible",
        {"sqlstate": "42501", "reason": "permission denied for table schema_migrations"},
    )


def test_more_claims_than_fit_into_one_request_are_asked_in_several(derive: Derive, project: Place) -> None:
    columns = ", ".join(f"x{n} integer" for n in range(300))
    claims = derive([("0001", f"create table public.t ({columns})")])
    project.database.run(f"create table public.t ({columns})")

    verdict = prove(project.database, claims, byte_limit=35_000)

    assert [result.object for result in verdict.results] == [claim.object for claim in claims]
    assert verdict.outcome == "confirmed"


def test_claims_survive_json(derive: Derive, migrations: list[tuple[str, str]]) -> None:
    claims = derive(migrations)

    assert tuple(Claim.from_json(claim.to_json()) for claim in claims) == claims
