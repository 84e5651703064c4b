"""Reading: patient with what may pass, quick with what will not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from sbapply.database import Clock, Row, ask
from sbapply.errors import (
    Forbidden,
    NotFound,
    NotSent,
    OutcomeUnknown,
    ProjectAsleep,
    RateLimited,
    ReadFailed,
    SqlError,
    TooLarge,
    Unauthorised,
    Unreachable,
)


@dataclass
class Answers:
    """Be a database that gives these answers in turn, the last one for ever, each after a second."""

    answers: list[Exception | list[Row]]
    now: float = 0.0
    asked_at: list[float] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        self.asked_at.append(self.now)
        self.timeouts.append(timeout or 0.0)
        self.now += 1.0
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def clock(self) -> Clock:
        def sleep(seconds: float) -> None:
            self.now += seconds

        return Clock(monotonic=lambda: self.now, sleep=sleep, jitter=lambda: 1.0)


def read(database: Answers, patience: float = 20.0) -> Sequence[Row]:
    return ask(database, "select 1", patience=patience, clock=database.clock)


def test_an_answer_is_returned_at_once() -> None:
    database = Answers([[{"a": 1}]])
    assert read(database) == [{"a": 1}]
    assert database.asked_at == [0.0]


@pytest.mark.parametrize(
    "passing", [Unreachable("no route"), RateLimited("slow down"), OutcomeUnknown("cut off"), OutcomeUnknown("502")]
)
def test_what_may_pass_is_asked_again_with_growing_waits(passing: Exception) -> None:
    database = Answers([passing, passing, passing, [{"a": 1}]])
    assert read(database) == [{"a": 1}]
    assert database.asked_at == [0.0, 1.25, 2.75, 4.75]


def test_the_servers_own_wait_is_kept() -> None:
    database = Answers([RateLimited("slow down", retry_after=7.0), [{"a": 1}]])
    assert read(database) == [{"a": 1}]
    assert database.asked_at == [0.0, 8.0]


@pytest.mark.parametrize(
    "lasting",
    [
        SqlError("42P01", "no table"),
        Unauthorised("who"),
        Forbidden("no"),
        NotFound("what"),
        ProjectAsleep("paused"),
        TooLarge("too large"),
        NotSent("no host in the address"),
    ],
)
def test_what_will_not_pass_is_raised_at_once(lasting: Exception) -> None:
    database = Answers([lasting])
    with pytest.raises(type(lasting)) as caught:
        read(database)
    assert caught.value is lasting
    assert database.asked_at == [0.0]


def test_a_lasting_non_answer_is_a_failed_read_at_once() -> None:
    database = Answers([OutcomeUnknown("a redirect", lasting=True)])
    with pytest.raises(ReadFailed, match="a redirect"):
        read(database)
    assert database.asked_at == [0.0]


@pytest.mark.parametrize("passing", [Unreachable("no route"), OutcomeUnknown("cut off")])
def test_a_read_gives_up_within_its_patience_with_a_failure_not_with_unknown(passing: Exception) -> None:
    database = Answers([passing])
    with pytest.raises(ReadFailed) as caught:
        read(database)
    assert database.now <= 20.0
    assert caught.value.exit_status == 1
    assert "20 s" in caught.value.message
    assert str(passing) in caught.value.message


def test_no_call_is_given_more_time_than_is_left() -> None:
    database = Answers([OutcomeUnknown("cut off")])
    with pytest.raises(ReadFailed):
        read(database, 5.0)
    assert all(at + timeout <= 5.0 for at, timeout in zip(database.asked_at, database.timeouts, strict=True))


def test_a_wait_longer_than_the_patience_is_not_begun() -> None:
    database = Answers([RateLimited("slow down", retry_after=60.0)])
    with pytest.raises(ReadFailed, match="slow down"):
        read(database)
    assert database.now == 1.0
