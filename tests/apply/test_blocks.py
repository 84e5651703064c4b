"""A DO block that ends transactions notes how far it came, so that it runs once and nobody is asked about it."""

import re
import time
from collections.abc import Sequence

import pytest

from sbapply.apply import lone
from sbapply.apply.alone import Told
from sbapply.database import Row
from sbapply.errors import Interrupted, MigrationFailed, OutcomeUnknown, Unsettled
from sbapply.migrations import lone as migrations_lone
from sbapply.migrations.files import Migration
from tests.apply.bench import Bench
from tests.apply.gateway import (
    Fault,
    Gateway,
    cut_after,
    cut_before,
    deliver,
    deliver_deaf,
    late,
    raising,
    sql_error_after,
    twice,
    twice_at_once,
)
from tests.apply.parts import alone, counting, done
from tests.apply.sabotage import Sabotage, Scenario, assert_missed, in_code, in_sql, instead, named_on_the_page

ONCE = ["1a", "1b", "1c"]


def block(*, between: str = "", part: str = "1b") -> Migration:
    return alone(f"do $$ begin {between} {counting(part)} commit; perform pg_sleep(0.2); end $$")


def killed(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    raise SystemExit


def broken_off(gateway: Gateway, sql: str) -> Sequence[Row]:
    """End its session in the middle, behind its commit, and lose the answer."""
    deliver_deaf(gateway, sql.replace("pg_sleep(0.2)", "pg_terminate_backend(pg_backend_pid())"))
    raise OutcomeUnknown("The connection broke: reset by peer.")


@pytest.mark.parametrize("fault", [cut_before, cut_after, twice, twice_at_once, late(0.4), sql_error_after])
def test_it_runs_once_and_nobody_is_asked_whatever_becomes_of_its_request(bench: Bench, fault: Fault) -> None:
    done(bench, bench.push(block(), alone=[fault]), runs=ONCE)


def test_that_twice_is_once(bench: Bench) -> None:
    done(bench, bench.push(block(), alone=[twice]), runs=ONCE)


def test_what_came_to_its_end_is_recorded_though_its_answer_was_lost(bench: Bench) -> None:
    done(bench, bench.push(block(), alone=[cut_after]), runs=ONCE)


def test_one_that_was_claimed_by_a_push_that_was_killed_is_sent_by_the_next(bench: Bench) -> None:
    with pytest.raises(SystemExit):
        bench.push(block(), alone=[killed])
    done(bench, bench.push(block()), runs=ONCE)


def test_one_that_never_began_may_be_edited(bench: Bench) -> None:
    with pytest.raises(SystemExit):
        bench.push(block(), alone=[killed])
    done(bench, bench.push(block(part="1d")), runs=["1a", "1c", "1d"])


def test_one_that_comes_after_its_claim_was_given_up_does_nothing(bench: Bench) -> None:
    outcome = bench.push(block(), alone=[raising(KeyboardInterrupt())])
    assert isinstance(outcome.error, Interrupted), outcome
    gateway = bench.gateways[-1]
    deliver_deaf(gateway, gateway.sent("alone")[0])
    assert bench.runs() == ["1a"]
    done(bench, bench.push(block()), runs=ONCE)


def test_of_one_that_broke_off_in_the_middle_nobody_can_tell(bench: Bench) -> None:
    for _ in range(2):
        outcome = bench.push(block(), alone=[broken_off])
        assert isinstance(outcome.error, Unsettled), outcome
        assert "--done 1:" in outcome.error.next_step
    assert bench.runs() == ["1a", "1b"]
    done(bench, bench.push(block(), told={"1": Told.DONE}), runs=ONCE)


def test_one_that_begins_while_it_is_given_up_is_not_given_up(bench: Bench) -> None:
    def begins_first(gateway: Gateway, sql: str) -> Sequence[Row]:
        gateway.later(0, gateway.sent("alone")[0])
        time.sleep(0.1)
        return deliver(gateway, sql)

    outcome = bench.push(block(), alone=[raising(KeyboardInterrupt())], faults=[deliver, begins_first])
    assert isinstance(outcome.error, Unsettled), outcome
    assert bench.runs() == ["1a", "1b"]
    done(bench, bench.push(block()), runs=ONCE)


def test_one_that_rolls_back_first_runs_once_too(bench: Bench) -> None:
    rolls_back = alone(f"do $$ begin {counting('1d')} rollback; {counting('1b')} commit; end $$")
    done(bench, bench.push(rolls_back, alone=[twice]), runs=ONCE)


def test_one_that_fails_before_its_first_commit_is_not_applied_and_leaves_no_claim(bench: Bench) -> None:
    fails = alone(f"do $$ begin {counting('1b')} perform 1 / 0; commit; end $$")
    outcome = bench.push(fails)
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert "--again" not in outcome.error.next_step
    assert bench.runs() == ["1a"]
    done(bench, bench.push(block()), runs=ONCE)


def test_one_that_breaks_off_before_its_first_commit_is_sent_again(bench: Bench) -> None:
    def broken_off_at_once(gateway: Gateway, sql: str) -> Sequence[Row]:
        ended = "perform pg_terminate_backend(pg_backend_pid()); insert into app.runs"
        deliver_deaf(gateway, sql.replace("insert into app.runs", ended))
        raise OutcomeUnknown("The connection broke: reset by peer.")

    done(bench, bench.push(block(), alone=[broken_off_at_once]), runs=ONCE)


def test_one_that_gives_its_rights_away_is_recorded_by_its_answer(bench: Bench) -> None:
    bench.superuser.run("set role postgres; grant usage on schema app to authenticated;")
    bench.superuser.run("set role postgres; grant insert on app.runs to authenticated;")
    done(bench, bench.push(block(between="set role authenticated;")), runs=ONCE)


CLAUSES: dict[str, tuple[Scenario, Sabotage]] = {
    "a block begins once (SBA14)": (
        test_that_twice_is_once,
        in_sql("block.sql", ("\n    and not part.note operator(pg_catalog.?) 'begun'", "")),
    ),
    "a block belongs to its claim": (
        test_one_that_comes_after_its_claim_was_given_up_does_nothing,
        in_sql("block.sql", ("if not found then", "if false then")),
    ),
    "a block that may roll back notes it before": (
        test_one_that_rolls_back_first_runs_once_too,
        instead(migrations_lone, "_MAY_ROLL_BACK", re.compile("(?!)")),
    ),
    "a block notes its end": (
        test_what_came_to_its_end_is_recorded_though_its_answer_was_lost,
        in_sql("block.sql", ("'ended', true", "'over', true")),
    ),
    "a block that begins is not given up": (
        test_one_that_begins_while_it_is_given_up_is_not_given_up,
        in_code(
            lone,
            "undo_sql",
            ("case _ if is_block(claim) and not has_begun(claim) and not resting:", "case _ if False:"),
        ),
    ),
    "its last note may be forbidden": (
        test_one_that_gives_its_rights_away_is_recorded_by_its_answer,
        in_sql("block.sql", ("    when others then\n      null;", "    when division_by_zero then\n      null;")),
    ),
}


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_on_blocks_that_is_taken_out_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, clause: str
) -> None:
    assert_missed(CLAUSES[clause], bench, monkeypatch)


def test_every_clause_on_blocks_is_in_the_pages_table() -> None:
    sabotaged = test_a_clause_on_blocks_that_is_taken_out_is_missed.__name__
    assert named_on_the_page(__file__) == [(sabotaged, clause) for clause in CLAUSES]
