"""Whatever the gateway does to a request, the project ends as without it, and the report is true."""

import threading
from collections.abc import Mapping, Sequence

import pytest

from sbapply.apply.outcome import Event, Outcome, Settling, Waiting
from sbapply.database import Json, Patience, Row
from sbapply.errors import (
    Interrupted,
    MigrationFailed,
    NothingApplied,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ReadFailed,
    SqlError,
    Unreachable,
    Unsettled,
)
from tests.apply import one_transaction
from tests.apply.bench import Bench, migration, versions
from tests.apply.gateway import (
    TERMINATE,
    Fault,
    Gateway,
    answering,
    bad_gateway_before,
    claiming,
    cut_after,
    cut_before,
    deliver_deaf,
    edited,
    firewall,
    interrupted,
    late,
    raising,
    rate_limited,
    refused_by_an_answer,
    sql_error_after,
    stalled,
    turned_away,
    twice_at_once,
)
from tests.apply.one_transaction import COMMIT

FOLDER = [migration(str(number), f"create table app.t{number} (a int);") for number in range(1, 5)]
SLOW = [*FOLDER[:1], migration("2", "select pg_sleep(0.6); create table app.t2 (a int);"), *FOLDER[2:]]
NEVER_ANSWERED = [raising(OutcomeUnknown("No answer."))] * 500

# The request's own commits: deadline, creation, then two for each migration (its own, and the one after the reset).
FAULTS: Mapping[str, Fault] = {
    **one_transaction.FAULTS,
    "a user's row as the answer": answering({"id": 1}),
    "a foreign nonce": answering({"sbapply": "0" * 24, "versions": ["1", "2", "3", "4"]}),
    "a foreign answer and nothing run": answering({"sbapply": "0" * 24, "versions": ["1"]}, run=False),
    "its own nonce with fewer versions": claiming("1", "2"),
    "ended before the first commit": edited(COMMIT, f"\n{TERMINATE}commit;\n", occurrence=1),
    "ended before migration 1 is committed": edited(COMMIT, f"\n{TERMINATE}commit;\n", occurrence=3),
    "ended after migration 1 is committed": edited(COMMIT, f"\ncommit;\n{TERMINATE}", occurrence=3),
    "ended between 2 and 3": edited(COMMIT, f"\ncommit;\n{TERMINATE}", occurrence=6),
    "ended before migration 4 is committed": edited(COMMIT, f"\n{TERMINATE}commit;\n", occurrence=9),
    "ended before the last row": edited(COMMIT, f"\ncommit;\n{TERMINATE}", occurrence=10),
}


def once_each(bench: Bench, outcome: Outcome) -> bool:
    told = sorted(versions([*outcome.applied, *outcome.elsewhere]))
    return told == bench.history() == bench.runs() == [*"1234"] and outcome.pending == ()


@pytest.fixture(scope="module")
def unharmed() -> dict[int, Mapping[str, list[Json]]]:
    return {}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_changes_nothing_about_the_end(
    bench: Bench, unharmed: dict[int, Mapping[str, list[Json]]], fault: Fault
) -> None:
    if not unharmed:
        bench.push(*FOLDER)
        unharmed[0] = bench.portrait()
        bench.clear()
    outcome = bench.push(*FOLDER, faults=[fault])
    assert outcome.error is None
    assert once_each(bench, outcome)
    assert bench.portrait() == unharmed[0]


@pytest.mark.parametrize("fault", [cut_after, late(0.1), twice_at_once, sql_error_after, stalled])
def test_a_fault_at_every_one_of_the_first_requests_is_survived(bench_15: Bench, fault: Fault) -> None:
    outcome = bench_15.push(*FOLDER, faults=[fault, cut_before, fault])
    assert outcome.error is None
    assert once_each(bench_15, outcome)


@pytest.mark.parametrize("number", range(1, 5))
def test_a_failing_migration_is_told_as_such_also_when_its_answer_was_lost(bench: Bench, number: int) -> None:
    folder = list(FOLDER)
    folder[number - 1] = migration(str(number), "select 1 / 0")
    outcome = bench.push(*folder, faults=[cut_after])
    before = [str(each) for each in range(1, number)]
    assert isinstance(outcome.error, MigrationFailed)
    assert outcome.error.version == str(number)
    assert versions(outcome.applied) == bench.history() == bench.runs() == before


def test_a_statement_that_outlives_the_gateway_is_waited_for(bench: Bench) -> None:
    patience = Patience(read=5.0, settle=0.5)
    outcome = bench.push(*SLOW, faults=[stalled], patience=patience)
    assert outcome.error is None
    assert once_each(bench, outcome)
    assert bench.writes == 1
    assert any(isinstance(event, Waiting) and "at work" in event.reason for event in bench.events)


def test_what_had_no_effect_time_and_again_is_told_as_not_applied(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[bad_gateway_before] * 9)
    assert isinstance(outcome.error, NothingApplied)
    assert (outcome.applied, versions(outcome.pending), bench.history()) == ((), [*"1234"], [])
    assert bench.writes == 4


def test_a_lasting_refusal_before_the_api_is_not_tried_again(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[firewall] * 9)
    assert isinstance(outcome.error, NothingApplied)
    assert outcome.error.next_step == "Ask who runs it."
    assert bench.writes == 1


def test_a_request_that_was_turned_away_for_good_ends_the_push(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[turned_away])
    assert type(outcome.error) is NotSent
    assert (versions(outcome.pending), bench.writes, bench.history()) == ([*"1234"], 1, [])


def test_waiting_at_the_door_ends_with_patience(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[rate_limited] * 999, patience=Patience(read=5.0, settle=0.4))
    assert isinstance(outcome.error, NotSent)
    assert bench.writes < 999


def test_being_turned_away_after_an_answer_that_was_lost_says_what_is_applied(bench: Bench) -> None:
    ended = edited(COMMIT, f"\ncommit;\n{TERMINATE}", occurrence=6)
    outcome = bench.push(*FOLDER, faults=[ended, turned_away])
    assert type(outcome.error) is NotSent
    assert versions(outcome.applied) == bench.history() == bench.runs() == ["1", "2"]
    assert versions(outcome.pending) == ["3", "4"]


def test_nothing_is_said_where_the_history_cannot_be_read(bench: Bench) -> None:
    patience = Patience(read=5.0, settle=0.5)
    outcome = bench.push(*FOLDER, faults=[cut_after], settle=NEVER_ANSWERED, patience=patience)
    assert isinstance(outcome.error, Unsettled)
    assert outcome.error.exit_status == 5
    assert "sbapply status" in outcome.error.next_step
    assert (outcome.applied, versions(outcome.pending)) == ((), [*"1234"])


@pytest.mark.parametrize(
    "fault",
    [
        raising(OutcomeUnknown("cut")),
        raising(SqlError("53300", "too many connections")),
        raising(SqlError("55P03", "canceling statement due to lock timeout")),
        rate_limited,
    ],
    ids=["cut", "too many connections", "lock timeout", "rate limited"],
)
def test_a_settling_question_without_an_answer_is_asked_again(bench: Bench, fault: Fault) -> None:
    outcome = bench.push(*FOLDER, faults=[cut_after], settle=[fault, fault])
    assert outcome.error is None
    assert once_each(bench, outcome)


@pytest.mark.parametrize("rows", [[], [{"late": True, "alive": 0}], [{"sbapply": 1}], [{"a": 1}, {"a": 2}]])
def test_an_answer_of_another_shape_settles_nothing(bench: Bench, rows: list[dict[str, Json]]) -> None:
    outcome = bench.push(*FOLDER, faults=[cut_before], settle=[answering(*rows, run=False)])
    assert isinstance(outcome.error, Unsettled)
    assert versions(outcome.pending) == [*"1234"]


def test_a_settling_question_that_hangs_does_not_use_up_the_patience(bench: Bench) -> None:
    bench.push(*FOLDER, faults=[cut_after], patience=Patience(read=5.0, settle=60.0))
    given = [timeout for kind, timeout in bench.gateways[0].timeouts if kind == "settle"]
    assert given
    assert all(timeout is not None and timeout <= 10 for timeout in given)


def test_everything_applied_is_told_as_done_though_the_api_goes_down_right_after(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[cut_after], read=NEVER_ANSWERED)
    assert outcome.error is None
    assert once_each(bench, outcome)


def test_a_history_that_cannot_be_read_before_the_next_request_ends_with_what_is_settled(bench: Bench) -> None:
    ended = edited(COMMIT, f"\ncommit;\n{TERMINATE}", occurrence=6)
    patience = Patience(read=0.3, settle=5.0)
    outcome = bench.push(*FOLDER, faults=[ended], read=NEVER_ANSWERED, patience=patience)
    assert isinstance(outcome.error, ReadFailed)
    assert versions(outcome.applied) == bench.history() == ["1", "2"]
    assert versions(outcome.pending) == ["3", "4"]


def test_ctrl_c_cancels_in_the_database_and_tells_what_is_left(bench: Bench) -> None:
    folder = [FOLDER[0], migration("2", "select pg_sleep(20)"), FOLDER[2]]
    outcome = bench.push(*folder, faults=[interrupted])
    assert isinstance(outcome.error, Interrupted)
    assert outcome.error.exit_status == 130
    assert versions(outcome.applied) == bench.history() == bench.runs() == ["1"]
    assert versions(outcome.pending) == ["2", "3"]


def test_ctrl_c_cancels_again_what_was_not_yet_there_to_be_cancelled(bench: Bench) -> None:
    folder = [migration("1", "select pg_sleep(20)")]
    outcome = bench.push(*folder, faults=[late(0.15, KeyboardInterrupt())], deadline=0.6)
    assert isinstance(outcome.error, Interrupted)
    assert (outcome.applied, bench.history(), bench.runs()) == ((), [], [])
    assert len(bench.gateways[0].sent("cancel")) > 1


def test_ctrl_c_cancels_again_where_cancelling_had_no_answer(bench: Bench) -> None:
    folder = [migration("1", "select pg_sleep(20)")]
    cancel = [raising(OutcomeUnknown("No answer.")), rate_limited]
    outcome = bench.push(*folder, faults=[interrupted], cancel=cancel)
    assert isinstance(outcome.error, Interrupted)
    assert bench.runs() == []


def test_ctrl_c_after_everything_was_run_tells_it_as_applied(bench: Bench) -> None:
    def run_then_interrupted(gateway: object, sql: str) -> list[dict[str, Json]]:
        bench.database.run(sql)
        raise KeyboardInterrupt

    outcome = bench.push(*FOLDER, faults=[run_then_interrupted])
    assert isinstance(outcome.error, Interrupted)
    assert once_each(bench, outcome)


def test_a_second_ctrl_c_says_that_nothing_is_settled(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[cut_after], settle=[raising(KeyboardInterrupt())] * 2)
    assert isinstance(outcome.error, Unsettled)
    assert (outcome.applied, bench.history()) == ((), [*"1234"])


def test_ctrl_c_while_settling_is_a_first_one(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[cut_after], settle=[raising(KeyboardInterrupt())])
    assert isinstance(outcome.error, Interrupted)
    assert once_each(bench, outcome)


@pytest.mark.parametrize("nth", range(1, 13))
def test_ctrl_c_at_any_event_leaves_a_true_report_without_doubles(bench: Bench, nth: int) -> None:
    ended = edited(COMMIT, f"\ncommit;\n{TERMINATE}", occurrence=6)
    seen: list[Event] = []

    def notify(event: Event) -> None:
        seen.append(event)
        if len(seen) == nth:
            raise KeyboardInterrupt

    outcome = bench.push(*FOLDER, faults=[ended, cut_before, cut_after], notify=notify)
    assert outcome.error is None or isinstance(outcome.error, Interrupted)
    assert versions(outcome.applied) == bench.history() == bench.runs()
    assert sorted([*versions(outcome.applied), *versions(outcome.pending)]) == [*"1234"]


def test_ctrl_c_before_anything_was_sent_asks_nothing(bench: Bench) -> None:
    def interrupt(_event: Event) -> None:
        raise KeyboardInterrupt

    outcome = bench.push(*FOLDER, notify=interrupt)
    assert isinstance(outcome.error, Interrupted)
    assert bench.gateways[0].seen == []
    assert (outcome.applied, versions(outcome.pending), bench.history()) == ((), [*"1234"], [])


def test_an_answer_that_is_no_proof_is_said_while_it_is_being_settled(bench: Bench) -> None:
    bench.push(*FOLDER, faults=[cut_after])
    assert [event.reason for event in bench.events if isinstance(event, Settling)] == [
        "The connection broke: reset by peer."
    ]


def test_first_runners_at_once_make_one_history_and_run_everything_once(either_bench: Bench) -> None:
    outcomes: list[Outcome] = []
    start = threading.Barrier(3)

    def race() -> None:
        def wait(event: Event) -> None:
            if not started:
                started.append(event)
                start.wait()

        started: list[Event] = []
        outcomes.append(either_bench.push(*FOLDER, notify=wait))

    threads = [threading.Thread(target=race) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert either_bench.history() == either_bench.runs() == [*"1234"]
    for outcome in outcomes:
        assert sorted(versions([*outcome.applied, *outcome.elsewhere])) == [*"1234"]


def test_a_refusal_that_is_an_answer_is_told_once_the_history_bears_it_out(bench: Bench) -> None:
    outcome = bench.push(*FOLDER, faults=[refused_by_an_answer])
    assert isinstance(outcome.error, NotSent)
    assert (outcome.applied, versions(outcome.pending), bench.history()) == ((), [*"1234"], [])
    assert len(bench.gateways[0].sent("settle")) >= 1


@pytest.mark.parametrize("wrong", [{"rivals": None}, {"alive": None}, {"late": 1}, {"present": []}])
def test_a_settling_answer_of_another_shape_is_no_answer(bench: Bench, wrong: Mapping[str, Json]) -> None:
    row: dict[str, Json] = {"late": True, "alive": 0, "rivals": 0, "present": {}, **wrong}
    outcome = bench.push(*FOLDER, faults=[cut_after], settle=[answering(row)] * 500, patience=Patience(1.0, 1.0))
    assert isinstance(outcome.error, Unsettled)
    assert bench.history() == [*"1234"]


def _rate_limited_in_the_place_of_the_answer(gateway: Gateway, sql: str) -> Sequence[Row]:
    deliver_deaf(gateway, sql)
    error = RateLimited("Too many requests.", retry_after=0.05)
    error.answered = True
    raise error


@pytest.mark.parametrize("settled", [True, False], ids=["and can be asked", "and cannot be asked"])
def test_out_of_reach_behind_a_refusal_that_stood_in_for_the_answer_is_not_called_not_applied(
    bench: Bench, settled: bool
) -> None:
    gone = [raising(Unreachable("no route"))] * 500
    outcome = bench.push(
        *FOLDER,
        faults=[_rate_limited_in_the_place_of_the_answer, *gone],
        settle=[] if settled else gone,
        patience=Patience(read=0.5, settle=1.0),
    )
    assert bench.history() == [*"1234"]
    if settled:
        assert (outcome.error, versions(outcome.applied)) == (None, [*"1234"])
    else:
        assert isinstance(outcome.error, Unsettled)


def test_out_of_reach_from_the_start_is_not_sent(bench: Bench) -> None:
    outcome = bench.push(
        *FOLDER, faults=[raising(Unreachable("no route"))] * 500, patience=Patience(read=0.5, settle=1.0)
    )
    assert isinstance(outcome.error, Unreachable)
    assert bench.gateways[-1].sent("settle") == []
