"""Measure how long a verb's requests took, and how long each migration was on its way."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sbapply.apply.outcome import (
    Applied,
    Carrying,
    Clearing,
    Event,
    Part,
    PartApplied,
    Retrying,
    Sending,
    SendingAlone,
    SendingFile,
    Settling,
)
from sbapply.database import Json, Row
from sbapply.verbs.target import CountedDatabase

_FIRST = "read the history"
_BEFORE = "look before the push"
_SETTLING = "settle"
_AFTER = "ask for the proof"


@dataclass(frozen=True, slots=True)
class RequestTime:
    """Hold how long one request took; ``versions`` are those it was sent for, ``answer`` how it ended."""

    what: str
    versions: tuple[str, ...]
    seconds: float
    answer: str

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {
            "what": self.what,
            "versions": list(self.versions),
            "seconds": round(self.seconds, 3),
            "answer": self.answer,
        }


@dataclass(frozen=True, slots=True)
class MigrationTime:
    """Hold how long it took from sending a migration until it was settled as applied.

    ``together`` is how many migrations travelled in its last request: they share the time.
    """

    version: str
    seconds: float
    together: int

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {"version": self.version, "seconds": round(self.seconds, 3), "together": self.together}


@dataclass
class Stopwatch:
    """Measure one verb; ``requests`` and ``migrations`` hold what is measured so far, in order.

    ``notify`` takes the events of a push, by which a request is known for what it is; ``planned`` is told once the
    plan is made. ``first`` is what the first request is for; ``monotonic`` gives seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    first: str = _FIRST
    requests: list[RequestTime] = field(default_factory=list)
    migrations: list[MigrationTime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self.monotonic()
        self._what = self.first
        self._versions: tuple[str, ...] = ()
        self._sent_at: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """Return how long ago the measuring began."""
        return self.monotonic() - self._began

    def timed(self, database: CountedDatabase) -> CountedDatabase:
        """Return ``database`` with every request of it measured."""
        return _TimedDatabase(database, self)

    def planned(self) -> None:
        """Note that what is asked from now on is asked with a plan at hand."""
        self._phase(_BEFORE)

    def notify(self, event: Event) -> None:
        """Note what an event says of the requests behind it."""
        match event:
            case Sending(number, versions, _, part):
                self._sent(f"request {number}{_part(part)}", versions)
            case SendingFile(number, path):
                self._sent(f"request {number}: {path}", ())
            case Clearing(number):
                self._sent(f"request {number}: clear what is left of parts", ())
            case SendingAlone(part, what):
                self._sent(f"alone: {what}{_part(part)}", (part.receipt.version,))
            case Carrying(receipt):
                self._sent("carry a piece", (receipt.version,))
            case Settling() | Retrying():
                self._phase(_SETTLING)
            case PartApplied():
                self._phase(_SETTLING)
            case Applied(receipt):
                self._applied(receipt.version)
            case _:
                pass

    def ended(self, seconds: float, answer: str) -> None:
        """Take in how long a request took, and how it ended."""
        self.requests.append(RequestTime(self._what, self._versions, seconds, answer))

    def to_json(self) -> dict[str, Json]:
        """Return every request and every migration that was applied."""
        return {
            "requests": [each.to_json() for each in self.requests],
            "migrations": [each.to_json() for each in self.migrations],
        }

    def _phase(self, what: str) -> None:
        self._what, self._versions = what, ()

    def _sent(self, what: str, versions: tuple[str, ...]) -> None:
        self._what, self._versions = what, versions
        now = self.monotonic()
        for version in versions:
            self._sent_at.setdefault(version, now)

    def _applied(self, version: str) -> None:
        since = self._sent_at.pop(version, None)
        if since is not None:
            together = max(1, len(self._last_sent_with(version)))
            self.migrations.append(MigrationTime(version, self.monotonic() - since, together))
        self._phase(_AFTER)

    def _last_sent_with(self, version: str) -> Sequence[str]:
        sent = (each.versions for each in reversed(self.requests) if version in each.versions)
        return next(sent, ())


class _TimedDatabase:
    """Be a database whose requests a stopwatch measures."""

    def __init__(self, database: CountedDatabase, watch: Stopwatch) -> None:
        self._database = database
        self._watch = watch

    @property
    def requests(self) -> int:
        return self._database.requests

    @requests.setter
    def requests(self, count: int) -> None:
        self._database.requests = count

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        """Run ``sql`` as the database does; see ``Database.run``."""
        began = self._watch.monotonic()
        answer = "interrupted"
        try:
            rows = self._database.run(sql, timeout=timeout)
        except Exception as error:
            answer = getattr(error, "code", type(error).__name__)
            raise
        else:
            answer = "rows"
        finally:
            self._watch.ended(self._watch.monotonic() - began, answer)
        return rows


def _part(part: Part | None) -> str:
    return f", part {part.number} of {part.count}" if part is not None else ""
