"""Progress: long work is told with its rate, and a log is not flooded with lines that are like each other."""

import io
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from sbapply.apply.outcome import Applied, Carrying, Event, Part, PartApplied, Receipt, Retrying, Sending, Waiting
from sbapply.render.console import Console
from sbapply.render.progress import EventProgress, series_of

BIG = Receipt("1", "big")
SMALL = Receipt("2", "small")


@dataclass
class Time:
    """Pass as told."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Told:
    """Keep the lines that were told, with their series."""

    time: Time = field(default_factory=Time)
    lines: list[tuple[str, str | None]] = field(default_factory=list)

    def tell(self, text: str, *, series: str | None = None) -> None:
        self.lines.append((text, series))

    def hear(self, *events: tuple[float, Event]) -> list[str]:
        progress = EventProgress(self.tell, monotonic=self.time.monotonic)
        for seconds, event in events:
            self.time.now += seconds
            progress(event)
        return [text for text, _ in self.lines]


def test_pieces_are_told_with_how_much_a_second_and_how_long_it_takes_yet() -> None:
    first, second, other = Told().hear(
        (0, Carrying(BIG, 0, 10_000_000)),
        (2, Carrying(BIG, 2_500_000, 10_000_000)),
        (1, Carrying(SMALL, 0, 5)),
    )
    assert first == "carrying 1: 0 of 10,000,000 characters are there (0 %)"
    assert second.endswith("(25 %), 1.25 million a second, about 6 s left")
    assert "second" not in other


def test_what_an_earlier_run_carried_counts_for_no_rate() -> None:
    *_, line = Told().hear((0, Carrying(BIG, 9_000_000, 10_000_000)), (2, Carrying(BIG, 9_500_000, 10_000_000)))
    assert line.endswith("(95 %), 0.25 million a second, about 2 s left")


def test_the_request_that_carries_a_piece_is_not_told_beside_it() -> None:
    lines = Told().hear(
        (0, Carrying(BIG, 0, 10)), (0, Sending(3, ("1",), 99)), (0, Sending(4, ("1",), 99)), (0, Applied(BIG))
    )
    assert [line.partition(":")[0] for line in lines] == ["carrying 1", "request 4", "applied 1 big"]


def test_what_says_that_something_is_amiss_is_of_no_series() -> None:
    assert series_of(Retrying("x")) is series_of(Waiting("a lock", 30.0)) is None
    assert series_of(Waiting("the database is still at work on it (3 s)")) == series_of(
        Waiting("the database is still at work on it (9 s)")
    )
    assert series_of(Waiting("one thing")) != series_of(Waiting("another"))
    assert series_of(PartApplied(Part(BIG, 1, 2))) is not None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Return the clock that the console goes by."""
    made = Time()
    monkeypatch.setattr(time, "monotonic", made.monotonic)
    return made


def logged(capsys: pytest.CaptureFixture[str], clock: Time, seconds: float, tell: Callable[[int], None]) -> int:
    for number in range(1000):
        tell(number)
        clock.now += seconds
    return len(capsys.readouterr().err.splitlines())


def test_in_a_log_a_series_has_a_line_in_two_seconds(capsys: pytest.CaptureFixture[str], clock: Time) -> None:
    printer = Console("text")
    lines = logged(capsys, clock, 0.01, lambda number: printer.progress(f"applied {number}", series="applied"))
    assert lines == 5


def test_a_series_that_is_announced_is_silent_for_two_seconds(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    printer = Console("text")
    printer.begin("rehearsing")
    printer.progress("rehearsing 1 of 9", series="rehearsing")
    clock.now += 2.1
    printer.progress("rehearsing 2 of 9", series="rehearsing")
    assert capsys.readouterr().err == "rehearsing 2 of 9\n"


def test_what_is_of_no_series_is_always_told(capsys: pytest.CaptureFixture[str], clock: Time) -> None:
    printer = Console("text")
    lines = logged(capsys, clock, 0.0, lambda number: printer.progress(f"request {number}"))
    assert lines == 1000


class Terminal(io.StringIO):
    """Be a terminal of twenty columns."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2


def test_on_a_terminal_one_line_is_written_over_and_no_longer_than_it_is_wide(
    monkeypatch: pytest.MonkeyPatch, clock: Time
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(os, "get_terminal_size", lambda _fd: os.terminal_size((20, 5)))
    printer = Console("text")

    for number in range(100):
        printer.progress(f"{number:03} {'x' * 40}", series="pieces")
        clock.now += 0.06

    texts = [part for part in terminal.getvalue().split("\r") if part.strip()]
    assert len(texts) == 50
    assert {len(text) for text in texts} == {19}
    assert "\n" not in terminal.getvalue()
    assert "\x1b" not in terminal.getvalue()
