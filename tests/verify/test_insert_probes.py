"""Keys, foreign keys, exclusion constraints and NOT NULL are tried with a row that only they can refuse."""

import threading
from typing import TYPE_CHECKING

import pytest

from sbapply.errors import SqlError
from sbapply.verify.claims import NOT_NULL, Claim, readable
from sbapply.verify.proof import prove
from sbapply.verify.verdict import ClaimResult
from tests.verify.conftest import Derive, Place
from tests.verify.insert_cases import AFTER, INACTIVE, NOT_TRIED, SEQUENCE, TRIED, Case, copied
from tests.verify.test_probes import state
from tests.verify.test_same_facts import KINDS

if TYPE_CHECKING:
    from sbapply.catalog.model import Key


def probe(place: Place, case: Case, *, role: str = "postgres", table: str = "t") -> ClaimResult:
    key: Key = ("public", table, case.name)
    if case.refusal == "23502":
        key = (*key, NOT_NULL)
    claim = Claim("0001", readable("probe", key), "probe", key, {"sqlstate": case.refusal})
    [result] = prove(place.as_role(role), [claim]).results
    return result


@pytest.mark.parametrize("name", TRIED)
def test_a_row_that_only_the_constraint_can_refuse_is_refused_and_nothing_stays(name: str, project: Place) -> None:
    case = TRIED[name]
    project.database.run(case.sql)
    before = state(project, with_locks=not case.locks)

    result = probe(project, case)

    who = {"column": case.name} if case.refusal == "23502" else {"constraint": case.constraint}
    assert (result.found, result.status) == ({"sqlstate": case.refusal, **who, "wrote": case.answer}, "confirmed")
    assert state(project, with_locks=not case.locks) == before
    with pytest.raises(SqlError) as refused:
        project.database.run(result.query if "deferr" not in case.sql else f"begin; {result.query}; commit")
    assert refused.value.sqlstate == case.refusal


@pytest.mark.parametrize("name", NOT_TRIED)
def test_where_something_else_answers_or_moves_the_reason_is_said(name: str, project: Place) -> None:
    case = NOT_TRIED[name]
    if name == "a foreign table":
        project.superuser.run(
            "create extension if not exists file_fdw; create server files foreign data wrapper file_fdw;"
            "grant usage on foreign server files to postgres"
        )
        project.superuser.run(f"{case.sql} options (filename '/nowhere'); alter foreign table t owner to postgres")
    else:
        project.database.run(case.sql)
    before = state(project)

    result = probe(project, case)

    assert (result.found, result.status) == ({"reason": case.answer}, "not-probed")
    assert state(project) == before


@pytest.mark.parametrize("name", INACTIVE)
def test_what_is_accepted_though_the_catalog_says_otherwise_differs(name: str, project: Place) -> None:
    case, sabotage = INACTIVE[name]
    project.database.run(f"{SEQUENCE}{case.sql}")
    assert probe(project, case).status == "confirmed"
    if case.refusal != "23503":
        project.database.run(AFTER)
    project.superuser.run(sabotage)
    before = state(project, with_locks=False)

    result = probe(project, case)

    assert (result.found, result.status) == (
        {"sqlstate": None, "constraint": None, "wrote": case.answer},
        "differs",
    )
    assert state(project, with_locks=False) == before


def test_a_role_that_may_not_write_or_only_read_says_so(project: Place) -> None:
    project.database.run(
        "create table t (a integer constraint c primary key); insert into t values (1);"
        "grant select on t to pgbouncer, supabase_read_only_user"
    )

    refused = probe(project, copied(""), role="pgbouncer")
    reading = probe(project, Case("23502", "", None, "a"), role="supabase_read_only_user")

    assert isinstance(refused.found, dict)
    assert (refused.status, refused.found["sqlstate"]) == ("not-probed", "42501")
    assert reading.status == "not-probed"
    assert isinstance(reading.found, dict)
    assert reading.found.get("sqlstate") == "42501" or reading.found["reason"] == "this role may only read"


def test_row_security_that_applies_stops_the_probe(project: Place) -> None:
    project.database.run(
        "create table t (a integer not null); alter table t enable row level security; grant all on t to pgbouncer"
    )

    result = probe(project, Case("23502", "", None, "a"), role="pgbouncer")

    assert result.found == {"reason": "row security applies to this role here"}


def test_a_session_in_which_no_trigger_fires_is_no_evidence(project: Place) -> None:
    project.database.run(
        "create table p (id integer primary key); create table t (a integer constraint c references p)"
    )
    [name] = (row["name"] for row in project.superuser.run("select current_database() as name"))
    project.superuser.run(f"alter role postgres in database {name} set session_replication_role = replica")

    result = probe(project, Case("23503", "", None))

    assert result.found == {"reason": "session_replication_role is replica"}


def test_a_key_that_is_not_enforced_is_not_tried(project: Place) -> None:
    if project.version < 18:
        pytest.skip("NOT ENFORCED came with 18")
    project.database.run(
        "create table p (id integer primary key); create table t (a integer constraint c references p not enforced)"
    )

    assert probe(project, Case("23503", "", None)).found == {"reason": "the constraint is NOT ENFORCED"}


def test_a_key_over_a_period_is_not_tried(project: Place) -> None:
    if project.version < 18:
        pytest.skip("WITHOUT OVERLAPS came with 18")
    project.database.run(
        "create table t (a int4range, b daterange, constraint c primary key (a, b without overlaps));"
        "insert into t values ('[1,2)', '[2024-01-01,2025-01-01)')"
    )

    assert probe(project, copied("")).found == {"reason": "the constraint is about a period"}


@pytest.mark.parametrize(("held", "tried"), [("t", 0), ("p", 4)])
def test_a_lock_of_somebody_else_is_waited_for_once_and_briefly(held: str, tried: int, project: Place) -> None:
    project.database.run(
        "create table p (id integer primary key); create table t (a integer primary key, b integer not null unique,"
        " c integer not null, constraint c foreign key (b) references p); insert into p values (1);"
        "insert into t values (1, 1, 1)"
    )
    claims = [
        Claim("1", readable("probe", key), "probe", key, {"sqlstate": refusal})
        for key, refusal in (
            (("public", "t", "b", NOT_NULL), "23502"),
            (("public", "t", "c", NOT_NULL), "23502"),
            (("public", "t", "t_pkey"), "23505"),
            (("public", "t", "t_b_key"), "23505"),
            (("public", "t", "c"), "23503"),
        )
    ]
    holder = threading.Thread(
        target=project.superuser.run, args=(f"begin; lock table {held}; select pg_sleep(3); commit",)
    )
    holder.start()
    try:
        while not project.superuser.run(
            "select 1 as n from pg_locks where mode = 'AccessExclusiveLock' and granted"
            f" and relation = 'public.{held}'::regclass"
        ):
            pass
        results = prove(project.database, claims).results
        assert holder.is_alive()
    finally:
        holder.join()

    left = [result.found for result in results if result.status == "not-probed"]
    assert [result.status for result in results] == ["confirmed"] * tried + ["not-probed"] * len(left)
    assert isinstance(left[0], dict)
    assert left[0]["sqlstate"] == "55P03"
    assert left[1:] == [{"reason": "somebody else has locked the table"}] * (4 - tried)


def test_a_row_that_is_deleted_meanwhile_is_no_difference(project: Place) -> None:
    project.database.run(
        "create table t (a integer constraint c primary key); insert into t values (1);"
        "create table slow (n integer default 1)"
    )
    # Rows are counted before anything is tried, so the proof has its snapshot and goes no further for a while.
    counted = Claim("1", "public.slow.n", "column", ("public", "slow", "n"), None, counts_rows=True)
    tried = Claim("1", "c", "probe", ("public", "t", "c"), {"sqlstate": "23505"})
    held = "relation = 'public.slow'::regclass"
    delete = (
        f"do $$ begin lock table public.slow; while not exists (select from pg_locks where not granted and {held})"
        " loop perform pg_sleep(0.01); end loop; delete from public.t; end $$"
    )
    deleter = threading.Thread(target=project.superuser.run, args=(delete,))
    deleter.start()
    try:
        while not project.superuser.run(f"select 1 as n from pg_locks where granted and {held}"):
            pass
        result = prove(project.database, [counted, tried]).results[1]
    finally:
        deleter.join()

    assert result.status == "not-probed"
    assert result.found == {"sqlstate": "40001", "reason": "the row changed while it was copied"}


def test_claims_follow_what_migrations_make_and_take_away(derive: Derive, project: Place) -> None:
    folder = [
        (
            "0001",
            (
                "create table public.p (id integer primary key);"
                "create table public.t (id bigint generated always as identity primary key, a text not null unique,"
                " b integer not null references public.p, d int4range,"
                " constraint a exclude using gist (d with &&), u text)"
            ),
        ),
        ("0002", "alter table public.t add e text not null default 'x', alter u set not null"),
        ("0003", "alter table public.t alter a drop not null; alter table public.t drop constraint t_b_fkey"),
        (
            "0004",
            "insert into public.p values (1); insert into public.t (a, b, d, u) values ('a', 1, '[1,3)', 'u')",
        ),
    ]
    claims = derive(folder)
    for _, sql in folder:
        project.database.run(sql)

    verdict = prove(project.database, claims)

    probes = {
        result.object: (result.version, result.status, result.expected)
        for result in verdict.results
        if result.kind == "probe"
    }
    assert probes == {
        "public.p.id (NOT NULL probe)": ("0001", "confirmed", {"sqlstate": "23502"}),
        "public.p.p_pkey (probe)": ("0001", "confirmed", {"sqlstate": "23505"}),
        "public.t.id (NOT NULL probe)": ("0001", "confirmed", {"sqlstate": "23502"}),
        "public.t.t_pkey (probe)": ("0001", "confirmed", {"sqlstate": "23505"}),
        "public.t.t_a_key (probe)": ("0001", "confirmed", {"sqlstate": "23505"}),
        "public.t.b (NOT NULL probe)": ("0001", "confirmed", {"sqlstate": "23502"}),
        "public.t.a (probe)": ("0001", "confirmed", {"sqlstate": "23P01"}),
        "public.t.e (NOT NULL probe)": ("0002", "confirmed", {"sqlstate": "23502"}),
        "public.t.u (NOT NULL probe)": ("0002", "confirmed", {"sqlstate": "23502"}),
    }


def test_nothing_stays_where_everything_fires_and_advances(derive: Derive, project: Place) -> None:
    """Every table has a sequence, a generated column or a trigger that advances another sequence, and rows."""
    added = (
        f"{SEQUENCE}insert into app.owners (fixed_day, range, flag, amount)"
        " values ('2024-01-01', '[1,5)', true, 1);"
        "insert into app.pets (owner_id) select id from app.owners;"
        "insert into app.events (at, owner_id) select '2024-05-01', id from app.owners;"
        "insert into app.dogs default values; insert into app.animals default values;"
        "create trigger z after insert or update on app.animals for each row execute function touch();"
        "create trigger z before insert on app.dogs for each row execute function touch();"
        "create trigger z before update on app.owners for each row execute function touch();"
        "create trigger z after insert on app.events for each statement execute function touch()"
    )
    folder = [("0001", KINDS), ("0002", added)]
    claims = derive(folder)
    for _, sql in folder:
        project.database.run(sql)
    before = state(project)

    verdict = prove(project.database, claims)

    assert verdict.differs == 0
    assert {result.status for result in verdict.results if result.kind == "probe"} == {"confirmed", "not-probed"}
    assert state(project) == before
