"""Hold the one seam: what every stage knows of a Postgres, wherever it is."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

from sbapply.errors import NotSent, OutcomeUnknown, ReadFailed

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Row: TypeAlias = "Mapping[str, Json]"
T = TypeVar("T")


class Database(Protocol):
    """Run SQL on one Postgres, in one fresh session a call.

    A string of several statements is one implicit transaction unless it holds its own; the rows are those of the
    last statement that returned any (``@supabase/postgres-meta``, ``src/lib/db.ts``). Three implementations:
    ``api.client.ProjectDatabase``, ``rehearse.wire.LocalDatabase`` and the doubles of the tests.
    """

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        """Run ``sql`` and return rows, JSON values by column name.

        ``timeout`` is in seconds; None leaves it to the implementation. Raises ``NotSent`` (certainly never ran),
        ``SqlError`` (Postgres said so) or ``OutcomeUnknown`` (everything else).
        """
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Give the passing of time, so that tests can hold it in their hands."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Patience:
    """Say how long to wait, in seconds, before giving up on a read and on settling a write."""

    read: float = 20.0
    settle: float = 60.0


def ask(database: Database, sql: str, *, patience: float, clock: Clock | None = None) -> Sequence[Row]:
    """Ask a read-only question again and again until it is answered or ``patience`` seconds have passed.

    Only for SQL without effect: it is sent anew after every answer that is no answer. Returns the rows. Raises
    ``SqlError`` and the lasting kinds of ``NotSent`` at once, ``ReadFailed`` when the time is over.
    """
    return persist(lambda timeout: database.run(sql, timeout=timeout), "The database", patience, clock)


def persist(call: Callable[[float], T], who: str, patience: float, clock: Clock | None = None) -> T:
    """Make a ``call`` without effect again and again until it succeeds or ``patience`` seconds have passed.

    It is given the seconds that are left; ``who`` is said to have given no answer. Raises as ``ask``.
    """
    clock = clock or Clock()
    give_up_at = clock.monotonic() + patience
    attempt = 0
    while True:
        remaining = give_up_at - clock.monotonic()
        try:
            return call(max(remaining, 0.1))
        except NotSent as error:
            if not error.transient:
                raise
            last: NotSent | OutcomeUnknown = error
            wait = error.retry_after if error.retry_after is not None else _backoff(attempt, clock)
        except OutcomeUnknown as error:
            if error.lasting:
                raise ReadFailed(error.message, error.next_step) from error
            last = error
            wait = _backoff(attempt, clock)
        attempt += 1
        if clock.monotonic() + wait >= give_up_at:
            raise ReadFailed(
                f"{who} gave no answer within {patience:g} s: {last.message}",
                last.next_step or "Run the same command again; nothing was changed.",
            ) from last
        clock.sleep(wait)


@contextmanager
def shaped(what: str) -> Iterator[None]:
    """Read an answer in this block; raise ``ReadFailed`` where it has another shape than the reading expects."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ReadFailed(f"The answer about {what} has another shape.", "Run the same command again.") from error


def _backoff(attempt: int, clock: Clock) -> float:
    """Return seconds to wait: full jitter under a ceiling that doubles from 0.25 s to 4 s."""
    return float(min(4.0, 0.25 * 2**attempt)) * (0.5 + clock.jitter() / 2)
