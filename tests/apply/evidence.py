"""Play what the judging of answers is there for; every scenario asserts the end that the protocol promises."""

import threading
import time
from collections.abc import Sequence

from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import (
    HistoryConflict,
    Interrupted,
    NothingApplied,
    OutcomeUnknown,
    SqlError,
    Unsettled,
)
from tests.apply.bench import HISTORY, Bench, migration, row_sql, versions
from tests.apply.gateway import (
    Gateway,
    cut_after,
    cut_before,
    interrupted,
    late,
    paused,
    raising,
    rival,
    sql_error_after,
)
from tests.apply.scenarios import all_applied

ONE, TWO = migration("1"), migration("2")


def a_request_that_may_still_come_is_waited_for(bench: Bench) -> None:
    outcome = bench.push(ONE, faults=[late(0.3, KeyboardInterrupt())], deadline=0.6)
    assert isinstance(outcome.error, Interrupted)
    assert versions(outcome.applied) == bench.history() == bench.runs() == ["1"]


def the_history_is_not_waited_for_for_ever_and_asked_for_again(bench: Bench) -> None:
    bench.with_history()
    with bench.holding("lock table supabase_migrations.schema_migrations in share mode") as let_go:
        done = threading.Timer(0.8, let_go)
        done.start()
        outcome = bench.push(ONE, limits=Limits(history_lock_timeout="50ms"))
        done.join()
    all_applied(bench, outcome, "1")
    assert bench.writes > 1


def an_error_after_the_commit_is_not_believed(bench: Bench) -> None:
    outcome = bench.push(ONE, TWO, faults=[sql_error_after])
    all_applied(bench, outcome, "1", "2")
    assert bench.writes == 1


def _stalled_past_its_deadline(gateway: Gateway, sql: str) -> Sequence[Row]:
    gateway.later(0, sql)
    time.sleep(0.4)
    raise OutcomeUnknown("No answer within 60 s.")


def _commits_while_it_is_settled(bench: Bench, *, pause_before: int) -> None:
    slow = migration("1", "select pg_sleep(0.6)")
    settle = [paused(0.4, before=[pause_before])]
    outcome = bench.push(slow, faults=[_stalled_past_its_deadline], settle=settle)
    all_applied(bench, outcome, "1")
    assert (versions(outcome.applied), bench.writes) == (["1"], 1)


def a_commit_after_the_clock_was_read_is_not_missed(bench: Bench) -> None:
    _commits_while_it_is_settled(bench, pause_before=1)


def a_commit_after_the_backends_were_read_is_not_missed(bench: Bench) -> None:
    _commits_while_it_is_settled(bench, pause_before=2)


def a_delivery_between_the_questions_is_not_missed(bench: Bench) -> None:
    fault = late(0.3, KeyboardInterrupt())
    outcome = bench.push(ONE, faults=[fault], settle=[paused(0.6, before=[2])], deadline=0.6)
    assert isinstance(outcome.error, Interrupted)
    assert versions(outcome.applied) == bench.history() == ["1"]


def another_text_under_the_version_is_a_conflict(bench: Bench) -> None:
    outcome = bench.push(ONE, TWO, faults=[rival(HISTORY, row_sql(ONE, statements=["select 'theirs'"]))])
    assert isinstance(outcome.error, HistoryConflict), outcome
    assert (outcome.applied, outcome.elsewhere, bench.history(), bench.runs()) == ((), (), ["1"], [])


def _passes_the_second_time(bench: Bench, state: str) -> None:
    body = (
        f"do $$ begin if nextval('app.tried_9') = 1 then raise exception using errcode = '{state}'; end if; end $$"
    )
    all_applied(bench, bench.push(ONE, migration("2", body)), "1", "2")


def a_deadlock_is_tried_again(bench: Bench) -> None:
    _passes_the_second_time(bench, "40P01")


def a_serialization_failure_is_tried_again(bench: Bench) -> None:
    _passes_the_second_time(bench, "40001")


def a_lock_timeout_is_tried_again(bench: Bench) -> None:
    _passes_the_second_time(bench, "55P03")


def ctrl_c_cancels_in_the_database(bench: Bench) -> None:
    started = time.monotonic()
    outcome = bench.push(migration("1", "select pg_sleep(2)"), faults=[interrupted])
    assert isinstance(outcome.error, Interrupted)
    assert (outcome.applied, bench.runs()) == ((), [])
    assert time.monotonic() - started < 1.8


def a_failure_that_always_passes_is_not_sent_for_ever(bench: Bench) -> None:
    outcome = bench.push(ONE, faults=[*[cut_before] * 5, raising(SqlError("42501", "the sixth time"))])
    assert isinstance(outcome.error, NothingApplied), outcome.error
    assert bench.writes < 5


def what_cannot_be_read_is_unknown(bench: Bench) -> None:
    never = [raising(OutcomeUnknown("No answer."))] * 500
    outcome = bench.push(ONE, faults=[cut_after], settle=never, patience=Patience(read=5.0, settle=0.4))
    assert isinstance(outcome.error, Unsettled), outcome.error
    assert outcome.error.exit_status == 5
