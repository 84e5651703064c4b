"""Tell what is being done: each event as a line, long work with its rate, and no more lines than can be read."""

import time
from collections.abc import Callable
from typing import Protocol

from sbapply.apply.outcome import Applied, Carrying, Event, PartApplied, Sending, Waiting
from sbapply.render.push import event_line

# A rate over less than this says nothing.
_SHORTEST = 1.0


class _Teller(Protocol):
    """Show one line of progress, as ``Console.progress``."""

    def __call__(self, text: str, *, series: str | None = None) -> None: ...


class EventProgress:
    """Tell the events of one run by ``tell``; pieces that are carried come with their rate and the time left."""

    def __init__(self, tell: _Teller, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._monotonic = monotonic
        self._began: tuple[str, float, int] | None = None
        self._carries = False

    def __call__(self, event: Event) -> None:
        """Tell an event."""
        carries, self._carries = self._carries, isinstance(event, Carrying)
        if carries and isinstance(event, Sending):
            # The request that carries the piece of which was just told.
            return
        rate = self._rate(event) if isinstance(event, Carrying) else ""
        self._tell(f"{event_line(event)}{rate}", series=series_of(event))

    def _rate(self, event: Carrying) -> str:
        """Return how fast it goes and how long it takes yet, "" before that can be told."""
        now, version = self._monotonic(), event.receipt.version
        if self._began is None or self._began[0] != version:
            self._began = (version, now, event.carried)
        _, began, first = self._began
        seconds, carried = now - began, event.carried - first
        if seconds < _SHORTEST or carried <= 0:
            return ""
        left = (event.total - event.carried) * seconds / carried
        return f", {carried / seconds / 1e6:.2f} million a second, about {left:.0f} s left"


def series_of(event: Event) -> str | None:
    """Return what an event is one of many of; None for one that is told in any case."""
    match event:
        case Carrying() | Applied() | PartApplied():
            return type(event).__name__
        case Waiting(reason, None):
            # What stands in brackets is how the work goes on.
            return reason.partition(" (")[0]
        case _:
            return None
