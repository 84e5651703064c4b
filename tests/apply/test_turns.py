"""Of a statement that runs alone each run sends and cancels its own, and looks before it sends late."""

import threading
import time
from collections.abc import Sequence

import pytest

from sbapply.apply.alone import Told
from sbapply.apply.outcome import Event, Outcome, Waiting
from sbapply.database import Patience, Row
from sbapply.errors import Interrupted, RateLimited, Unsettled
from tests.apply.bench import Bench, migration, versions
from tests.apply.gateway import (
    Fault,
    Gateway,
    cut_before,
    deliver,
    raising,
    rate_limited,
    rate_limited_after,
)
from tests.apply.parts import INDEX, alone, called, counting, done, with_table

SOON = Patience(5.0, 1.0)
LONG = Patience(5.0, 100.0)


def at_the_door(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    raise RateLimited("Too many requests.", retry_after=60)


def test_what_waited_at_the_door_is_not_sent_where_another_run_sent_it(bench: Bench) -> None:
    file = migration("1", f"{called(bench, counting('1a'))};\n{counting('1b')}", counted=False)
    ours: list[Outcome] = []
    waiting = threading.Thread(target=lambda: ours.append(bench.push(file, alone=[at_the_door], patience=LONG)))
    waiting.start()
    time.sleep(0.7)
    assert isinstance(bench.push(file, patience=SOON).error, Unsettled)
    assert bench.push(file, told={"1": Told.AGAIN}, patience=SOON).error is None
    waiting.join()
    assert (ours[0].error, versions(ours[0].elsewhere)) == (None, ["1"])
    assert bench.runs() == ["1a", "1b"]


def test_an_index_that_waited_at_the_door_is_not_built_after_it_was_dropped_again(bench: Bench) -> None:
    with_table(bench)
    build = migration("1", "create index concurrently t_a on app.t (a);", counted=False)
    drop = migration("2", "drop index app.t_a;", counted=False)
    ours: list[Outcome] = []
    waiting = threading.Thread(target=lambda: ours.append(bench.push(build, alone=[at_the_door], patience=LONG)))
    waiting.start()
    time.sleep(0.7)
    assert bench.push(build, drop, patience=SOON).error is None
    waiting.join()
    assert (ours[0].error, versions(ours[0].elsewhere)) == (None, ["1"])
    assert bench.indexes() == []


def test_a_claim_whose_answer_was_a_refusal_is_known_as_never_sent(bench: Bench) -> None:
    file = migration("1", f"{called(bench, counting('1a'))};\n{counting('1b')}", counted=False)
    outcome = bench.push(file, faults=[deliver, rate_limited_after], patience=SOON)
    done(bench, outcome, runs=["1a", "1b"])


class Interrupting:
    """Press Ctrl-C at the first event that says ``text``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pressed = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Waiting) and self.text in event.reason and not self.pressed:
            self.pressed = True
            raise KeyboardInterrupt


def test_ctrl_c_at_the_door_is_not_applied_and_leaves_no_claim(bench: Bench) -> None:
    file = migration("1", called(bench, counting("1a")), counted=False)
    outcome = bench.push(file, alone=[at_the_door], patience=LONG, notify=Interrupting("Too many"))
    assert isinstance(outcome.error, Interrupted)
    assert (bench.runs(), bench.history()) == ([], [])
    done(bench, bench.push(file), runs=["1a"])


def test_ctrl_c_of_who_only_watches_cancels_nobodys_statement(bench: Bench) -> None:
    work = called(bench, counting("1a"), "commit; perform pg_sleep(2);", counting("1b"))
    file = migration("1", f"{work};\n{counting('1c')}", counted=False)
    theirs: list[Outcome] = []
    sender = threading.Thread(target=lambda: theirs.append(bench.push(file)))
    sender.start()
    time.sleep(0.8)
    outcome = bench.push(file, notify=Interrupting("still at work"))
    assert isinstance(outcome.error, Interrupted)
    assert "another run's" in outcome.error.message
    sender.join()
    assert theirs[0].error is None
    assert bench.runs() == ["1a", "1b", "1c"]


@pytest.mark.parametrize("fault", [cut_before, rate_limited])
def test_what_is_taken_back_after_ctrl_c_is_taken_back_though_a_request_is_lost(bench: Bench, fault: Fault) -> None:
    with_table(bench)
    bench.database.run(INDEX)
    drop = alone("drop index concurrently app.t_a")
    outcome = bench.push(drop, alone=[raising(KeyboardInterrupt())], faults=[deliver, fault])
    assert isinstance(outcome.error, Interrupted)
    assert bench.indexes() == [INDEX]


def test_a_claim_that_was_made_behind_a_refusal_is_taken_back_after_ctrl_c(bench: Bench) -> None:
    with_table(bench)
    bench.database.run(INDEX)
    drop = alone("drop index concurrently app.t_a")
    outcome = bench.push(drop, faults=[rate_limited_after, raising(KeyboardInterrupt())])
    assert isinstance(outcome.error, Interrupted)
    assert bench.indexes() == [INDEX]


def test_what_could_not_be_taken_back_after_ctrl_c_is_told(bench: Bench) -> None:
    with_table(bench)
    bench.database.run(INDEX)
    drop = alone("drop index concurrently app.t_a")
    outcome = bench.push(drop, alone=[raising(KeyboardInterrupt())], faults=[deliver, *[cut_before] * 9])
    assert isinstance(outcome.error, Interrupted)
    assert 'the index "t_a" is called "sbapply_drop_' in outcome.error.message
    done(bench, bench.push(drop), runs=["1a", "1c"])
    assert bench.indexes() == []
