"""A version that got its row elsewhere leaves nothing behind that a later push would go on from."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from sbapply.apply.outcome import Clearing, Waiting
from sbapply.apply.preview import Deed, preview
from sbapply.config import Limits
from sbapply.database import Row
from sbapply.errors import Interrupted, MigrationFailed, NothingApplied
from sbapply.history.plan import Plan, State, make_plan
from sbapply.history.state import read_state
from sbapply.migrations.files import Folder, Migration
from tests.apply.bench import Bench, migration, row_sql, versions
from tests.apply.gateway import (
    Fault,
    Gateway,
    cut_after,
    cut_before,
    deliver,
    deliver_deaf,
    firewall,
    interrupted,
    late,
    rival,
    sql_error_after,
    twice,
    twice_at_once,
)
from tests.apply.parts import INDEX, SLOW, SMALL, alone, counting, done, large, three_parts, with_table

OWN = (
    "select array_to_string(setconfig, ' ') from pg_db_role_setting where setrole = 'postgres'::regrole "
    "and setdatabase = (select oid from pg_database where datname = current_database())"
)
NEXT = migration("2", "select 1")
GONE = "delete from supabase_migrations.schema_migrations where version = '1'"


def applied_by_hand(bench: Bench) -> Migration:
    """Return a migration whose third part failed, and whose row somebody has written."""
    assert isinstance(bench.push(three_parts(third="select 1 / 0;")).error, MigrationFailed)
    bench.database.run(f"{row_sql(three_parts())} {counting('1c')}")
    return three_parts()


def killed_with_a_claim(bench: Bench, *files: Migration) -> str:
    """Push until a statement that runs alone is claimed; the program is killed before it is sent, as is given."""
    sent: list[str] = []

    def kill(_gateway: Gateway, sql: str) -> Sequence[Row]:
        sent.append(sql)
        raise SystemExit

    with suppress(SystemExit):
        bench.push(*files, alone=[kill])
    return sent[0]


def with_settings() -> Migration:
    text = "set search_path = app, pg_catalog;\ncreate index concurrently t_a on t (a);\n"
    return migration("1", text, counted=False)


@pytest.fixture
def limited(bench: Bench) -> Bench:
    """Give a project whose role has a time limit."""
    with_table(bench)
    role = f"alter role postgres in database {bench.name}"
    bench.superuser.run(f"{role} reset all; {role} set statement_timeout = '2min'")
    return bench


@pytest.fixture(autouse=True)
def no_settings(bench: Bench) -> Iterator[None]:
    yield
    bench.superuser.run(f"alter role postgres in database {bench.name} reset all")


def plan_of(bench: Bench, *files: Migration) -> Plan:
    state = read_state(bench.database, patience=5.0)
    return make_plan(Folder("supabase/migrations", files, ()), state, read_stored=lambda _versions: {})


def test_parts_of_a_version_that_was_applied_and_reverted_elsewhere_run_again(either_bench: Bench) -> None:
    file = applied_by_hand(either_bench)
    assert either_bench.push(file, NEXT).error is None
    assert either_bench.units() == []

    either_bench.database.run(f"{GONE}; delete from app.runs where version <> '2'")
    done(
        either_bench,
        either_bench.push(file, NEXT, include_all=True),
        runs=["1a", "1b", "1c", "2"],
        history=["1", "2"],
    )


@pytest.mark.parametrize(
    "fault",
    [cut_before, cut_after, twice, twice_at_once, late(0.1), sql_error_after],
    ids=["cut before", "cut after", "twice", "twice at once", "late", "an error after"],
)
def test_traces_are_cleared_whatever_becomes_of_the_request(bench: Bench, fault: Fault) -> None:
    file = applied_by_hand(bench)

    done(bench, bench.push(file, NEXT, faults=[fault]), runs=["1a", "1b", "1c", "2"], history=["1", "2"])


def test_a_request_that_clears_and_comes_after_its_deadline_does_nothing(bench: Bench) -> None:
    file = applied_by_hand(bench)
    kept: list[str] = []

    def lost(gateway: Gateway, sql: str) -> Sequence[Row]:
        kept.append(sql)
        return cut_before(gateway, sql)

    assert bench.push(file, NEXT, faults=[lost]).error is None
    bench.database.run(f"{GONE}; delete from app.runs where version <> '2'")
    assert isinstance(bench.push(three_parts(third="select 1 / 0;"), NEXT, include_all=True).error, MigrationFailed)
    bench.database.run(row_sql(file))
    before = bench.units()
    deliver_deaf(Gateway(bench.database), kept[0])

    assert bench.units() == before != []


def test_a_rival_who_clears_them_first_is_no_failure(bench: Bench) -> None:
    file = applied_by_hand(bench)
    outcome = bench.push(file, NEXT, faults=[rival("delete from supabase_migrations.sbapply_units")])

    done(bench, outcome, runs=["1a", "1b", "1c", "2"], history=["1", "2"])


def test_a_row_that_a_rival_takes_away_leaves_the_parts_to_be_gone_on_from(bench: Bench) -> None:
    file = applied_by_hand(bench)
    outcome = bench.push(file, NEXT, faults=[rival(f"{GONE}; delete from app.runs where version = '1c'")])
    assert (outcome.error, bench.history(), len(bench.units())) == (None, ["2"], 2)

    done(bench, bench.push(file, NEXT, include_all=True), runs=["1a", "1b", "1c", "2"], history=["1", "2"])


def test_where_they_cannot_be_cleared_nothing_is_sent_behind(bench: Bench) -> None:
    file = applied_by_hand(bench)
    outcome = bench.push(file, NEXT, faults=[firewall])

    assert isinstance(outcome.error, NothingApplied), outcome.error
    assert (bench.history(), versions(outcome.pending)) == (["1"], ["2"])


def test_ctrl_c_while_they_are_cleared_leaves_the_rest_pending(bench: Bench) -> None:
    file = applied_by_hand(bench)
    outcome = bench.push(file, NEXT, faults=[interrupted])

    assert isinstance(outcome.error, Interrupted), outcome.error
    assert (bench.history(), versions(outcome.pending)) == (["1"], ["2"])
    assert "shown" not in outcome.error.message


def test_a_push_says_that_it_clears_them(bench: Bench) -> None:
    file = applied_by_hand(bench)
    bench.events.clear()
    bench.push(file, NEXT)

    assert [each.versions for each in bench.events if isinstance(each, Clearing)] == [("1",)]


def test_a_dry_run_counts_the_request_that_clears_them(bench: Bench) -> None:
    file = applied_by_hand(bench)
    state = read_state(bench.database, patience=5.0)
    planned = list(preview(plan_of(bench, file, NEXT).ready, state, Limits()))

    assert [[part.deed for part in each.parts] for each in planned] == [[Deed.CLEAR], [Deed.RUN]]
    assert list(preview((), state, Limits())) == []


def test_with_nothing_pending_they_stay_and_status_tells_of_them(bench: Bench) -> None:
    file = applied_by_hand(bench)
    assert bench.push(file).error is None
    assert len(bench.units()) == 2

    (entry,) = plan_of(bench, file).entries
    assert (entry.state, entry.traced) == (State.APPLIED, True)
    assert "traces of its parts are left" in entry.reason
    assert "`sbapply repair applied 1`" in entry.reason


def test_traces_of_a_version_that_is_applied_and_has_no_file_are_told_once(bench: Bench) -> None:
    applied_by_hand(bench)

    (entry,) = plan_of(bench).entries
    assert (entry.state, entry.traced) == (State.MISSING_FILE, True)


def test_pieces_of_a_large_file_that_was_applied_elsewhere_go_too(bench: Bench) -> None:
    def kill(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver(gateway, sql)
        raise SystemExit

    with suppress(SystemExit):
        bench.push(large(), limits=SMALL, faults=[deliver, kill])
    bench.database.run(row_sql(large()))
    assert bench.push(large(), NEXT).error is None
    assert bench.units() == bench.ask("select place from supabase_migrations.sbapply_pieces") == []


def test_settings_of_a_claim_whose_version_was_applied_elsewhere_are_put_back(limited: Bench) -> None:
    killed_with_a_claim(limited, with_settings())
    limited.database.run(f"create index t_a on app.t (a); {row_sql(with_settings())}")

    done(limited, limited.push(with_settings(), NEXT), runs=["2"], history=["1", "2"])
    assert limited.ask(OWN) == ["statement_timeout=2min"]
    assert limited.indexes() == [INDEX]


def test_an_index_that_such_a_claim_has_renamed_has_its_name_back(bench: Bench) -> None:
    with_table(bench)
    bench.database.run("create index t_a on app.t (a)")
    file = alone("drop index concurrently app.t_a")
    killed_with_a_claim(bench, file)
    bench.database.run(row_sql(file))

    done(bench, bench.push(file, NEXT), runs=["1a", "2"], history=["1", "2"])
    assert bench.indexes() == [INDEX]


def test_a_statement_of_such_a_claim_that_is_at_work_is_waited_for(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run(f"set role postgres; {SLOW}; insert into app.t values (1, 1), (2, 2)")
    file = alone("create index concurrently t_a on app.t (app.slow(a))")
    sent = killed_with_a_claim(bench, file)
    bench.database.run(row_sql(file))
    gateway = Gateway(bench.database)
    gateway.later(0, sent)
    time.sleep(0.3)
    bench.events.clear()
    outcome = bench.push(file, NEXT)
    gateway.wait()

    done(bench, outcome, runs=["1a", "2"], history=["1", "2"])
    assert bench.indexes() == ["CREATE INDEX t_a ON app.t USING btree (app.slow(a))"]
    assert any(isinstance(each, Waiting) and "at work" in each.reason for each in bench.events)
