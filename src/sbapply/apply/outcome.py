"""Hold what a push came to, and what it says on the way."""

from collections.abc import Callable
from dataclasses import dataclass

from sbapply.errors import SbapplyError
from sbapply.history.ready import Ready
from sbapply.history.state import RemoteState


@dataclass(frozen=True, slots=True)
class Receipt:
    """Name a migration that this run applied: its row is committed with its effects."""

    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what is settled at the end of a push.

    ``applied`` are this run's, ``elsewhere`` those a rival or another delivery applied with the same text,
    ``pending`` what was not applied, ``state`` the history as far as it is known. That a version is applied is
    certain; by whom only as far as the answers tell, and where an answer was lost it counts as this run's.
    ``error`` is None if all went through.
    """

    applied: tuple[Receipt, ...]
    elsewhere: tuple[Receipt, ...]
    pending: tuple[Ready, ...]
    state: RemoteState
    error: SbapplyError | None = None

    @property
    def half(self) -> tuple[Ready, ...]:
        """Return the pending migrations of which some parts are applied."""
        return tuple(ready for ready in self.pending if ready.progress.finished)


@dataclass(frozen=True, slots=True)
class Part:
    """Name one unit of a migration: ``number`` of ``count``, both from 1."""

    receipt: Receipt
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Sending:
    """Tell that a request is being sent; ``part`` where it holds just one part of a migration of several."""

    number: int
    versions: tuple[str, ...]
    bytes: int
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class SendingFile:
    """Tell that a file that is no migration is being sent: a seed, or the roles."""

    number: int
    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """Tell that the traces of parts of versions that are applied are being taken away."""

    number: int
    versions: tuple[str, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class SendingAlone:
    """Tell that a statement that cannot run in a transaction is being sent alone."""

    part: Part
    what: str


@dataclass(frozen=True, slots=True)
class Carrying:
    """Tell that a piece of a large migration is being carried; so many of its characters are there."""

    receipt: Receipt
    carried: int
    total: int


@dataclass(frozen=True, slots=True)
class PartApplied:
    """Tell that one of several parts of a migration is settled as applied."""

    part: Part


@dataclass(frozen=True, slots=True)
class Applied:
    """Tell that a migration is settled as applied by this run."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Settling:
    """Tell that an answer was no proof and the history is being read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tell what settling waits for, and for about how many seconds where that is known."""

    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Retrying:
    """Tell that what was not applied is sent again, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class IndexLeft:
    """Tell of an invalid index that a REINDEX CONCURRENTLY which broke off has left; nobody uses or drops it."""

    index: str


Finding = Settling | Waiting | Retrying | IndexLeft
Sent = Sending | SendingFile | Clearing | SendingAlone | Carrying
Event = Sent | PartApplied | Applied | Finding
Notify = Callable[[Event], None]
