"""Hold what a push came to, and what it says on the way."""

from collections.abc import Callable
from dataclasses import dataclass

from sbapply.errors import SbapplyError
from sbapply.history.plan import Ready


@dataclass(frozen=True, slots=True)
class Receipt:
    """Name a migration that this run applied: its row is committed with its effects."""

    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what is settled at the end of a push.

    ``applied`` are this run's, ``elsewhere`` those a rival or another delivery applied with the same text,
    ``pending`` what was not applied. That a version is applied is certain; by whom only as far as the answers tell,
    and where an answer was lost it counts as this run's. ``error`` is None if all went through.
    """

    applied: tuple[Receipt, ...]
    elsewhere: tuple[Receipt, ...]
    pending: tuple[Ready, ...]
    error: SbapplyError | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """Tell that a request is being sent."""

    number: int
    versions: tuple[str, ...]
    bytes: int


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


Event = Sending | Applied | Settling | Waiting | Retrying
Notify = Callable[[Event], None]
