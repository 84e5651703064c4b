"""Send one transaction until it is settled what became of it, before a word is said."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from sbapply.apply.alone import cancel
from sbapply.apply.deadline import deadline_after
from sbapply.apply.endurance import Endurance
from sbapply.apply.failure import verdict_of_postgres
from sbapply.apply.outcome import Event, Notify, Settling, Waiting
from sbapply.apply.settle import find_out
from sbapply.apply.step import Findings
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience, Row
from sbapply.errors import (
    DatabaseError,
    Interrupted,
    NotSent,
    OutcomeUnknown,
    ReadFailed,
    SbapplyError,
    SqlError,
    Unsettled,
)
from sbapply.history.state import RemoteState, read_state

_PASSING = frozenset({"40P01", "40001", "55P03"})


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold one request that carries the transaction, and what it is recognised and settled by.

    ``marker`` and ``deadline`` are those of it and of all requests before it: one that met a refusal may be under
    way still, or the refusal may have stood for its true answer.
    """

    sql: str
    marker: str
    nonce: str
    deadline: float


class Transaction(Protocol):
    """Be what one transaction does: how it is built, recognised afterwards, and spoken of."""

    def build(self, *, marker: str, nonce: str, deadline: float, limits: Limits) -> str:
        """Return the SQL of one request; ``deadline`` is on the server's clock, in seconds since 1970."""
        ...

    def announced(self, number: int, size: int) -> Event:
        """Return what is told when a request of so many bytes is sent."""
        ...

    def proved_by(self, row: Row) -> bool:
        """Tell whether the request's own last row says that it was committed as it was meant."""
        ...

    def settling_sql(self, sent: Sent) -> str:
        """Return the read-only SQL that finds out what became of a request."""
        ...

    @property
    def what_tells(self) -> str:
        """Return the next step for whoever wants to know what nobody could tell."""
        ...

    def is_done(self, found: Findings) -> bool:
        """Tell whether the rows that the settling question found are as they are to be."""
        ...

    def is_untouched(self, found: Findings) -> bool:
        """Tell whether they are as they were before; where there is nothing to change they are both."""
        ...

    def passes(self, said: SqlError, sent: Sent) -> bool:
        """Tell whether an error is of a kind of its own that may well not come again."""
        ...

    def failure(self, said: SqlError, sent: Sent) -> SbapplyError:
        """Return the last word on an error of Postgres, once it is settled that nothing was committed."""
        ...

    def interrupted(self, *, made: bool) -> Interrupted:
        """Return the word for Ctrl-C, once it is settled whether it was ``made``."""
        ...

    def interrupted_twice(self) -> Unsettled:
        """Return the word for Ctrl-C while that was being settled."""
        ...


def run_transaction(
    database: Database,
    transaction: Transaction,
    state: RemoteState,
    *,
    notify: Notify,
    limits: Limits,
    patience: Patience,
    clock: Clock,
) -> None:
    """Send ``transaction`` until it is settled as committed; ``state`` gives the server's clock.

    Raises its ``failure`` or a ``NotSent`` where it had no effect, ``NothingApplied`` where the attempts are used
    up, ``Unsettled`` where nobody can tell yet, or any more, ``Interrupted`` after Ctrl-C, settled.
    """
    run = _Run(database, transaction, state, notify, limits, patience, clock, Endurance(patience, clock, notify))
    try:
        while not run.sent_and_made():
            pass
    except KeyboardInterrupt:
        raise run.interrupt() from None


@dataclass(slots=True)
class _Run:
    """Send until the transaction is committed or it is certain that it is not.

    ``unsettled`` says that a request may have been delivered of which it is not settled what it did.
    """

    database: Database
    transaction: Transaction
    state: RemoteState
    notify: Notify
    limits: Limits
    patience: Patience
    clock: Clock
    endurance: Endurance
    deadline_factor: float = 1.0
    sent: Sent | None = None
    number: int = 0
    unsettled: bool = False
    name: str = field(default_factory=lambda: secrets.token_hex(8))

    def sent_and_made(self) -> bool:
        """Send once; return whether it is committed, and raise what ends the attempts."""
        sent = self._build()
        self.notify(self.transaction.announced(self.number, len(sent.sql.encode())))
        self.sent = sent
        was_unsettled, self.unsettled = self.unsettled, True
        cause: DatabaseError
        try:
            rows = self.database.run(sent.sql)
        except NotSent as error:
            # What stands between can put a refusal in the place of the true answer, a 429 too.
            self.unsettled = was_unsettled or error.answered
            last_word = self.endurance.at_the_door(error)
            if last_word is None:
                return False
            if not self.unsettled:
                raise
            cause = error
        except (SqlError, OutcomeUnknown) as error:
            cause = error
        else:
            if self._is_proved(sent, rows):
                return True
            cause = OutcomeUnknown("The answer was not this request's own last row.")
        self.notify(Settling(cause.message))
        said = verdict_of_postgres(cause) if isinstance(cause, SqlError | OutcomeUnknown) else None
        made, rivals = self._settle(sent, cause)
        if made:
            return True
        self.unsettled = False
        if rivals and said is not None and said.sqlstate == "55P03":
            self.notify(Waiting("another run is at work on the history"))
            self.endurance.wait_on()
        self._go_on_after(sent, cause, said)
        return False

    def interrupt(self) -> SbapplyError:
        """Cancel in the database, wait for it, and say what is left."""
        if self.sent is None or not self.unsettled:
            return self.transaction.interrupted(made=False)
        try:
            cancel(self.database, self.sent.marker, self.notify)
            made, _ = self._settle(self.sent, None, cancelling=True)
            return self.transaction.interrupted(made=made)
        except KeyboardInterrupt:
            return self.transaction.interrupted_twice()
        except SbapplyError as error:
            return error

    def _build(self) -> Sent:
        self.number += 1
        deadline = deadline_after(self.state, patience=self.patience, clock=self.clock, factor=self.deadline_factor)
        marker = f"sbapply run={self.name} "
        nonce = secrets.token_hex(12)
        sql = self.transaction.build(
            marker=f"{marker}request={self.number};", nonce=nonce, deadline=deadline, limits=self.limits
        )
        return Sent(sql, marker, nonce, max(deadline, self.sent.deadline if self.sent is not None else deadline))

    def _is_proved(self, sent: Sent, rows: Sequence[Row]) -> bool:
        return len(rows) == 1 and rows[0].get("sbapply") == sent.nonce and self.transaction.proved_by(rows[0])

    def _settle(self, sent: Sent, cause: DatabaseError | None, *, cancelling: bool = False) -> tuple[bool, int]:
        """Return whether it is made, and how many other requests are at work; ``cause`` is what was answered.

        Raises ``Unsettled`` where that cannot be told.
        """

        def done(found: Findings) -> bool:
            return self.transaction.is_done(found) and not self.transaction.is_untouched(found)

        at_work = partial(cancel, self.database, sent.marker, self.notify) if cancelling else lambda: None
        try:
            found, rivals = find_out(
                self.database,
                self.transaction.settling_sql(sent),
                done,
                patience=self.patience,
                clock=self.clock,
                notify=self.notify,
                at_work=at_work,
            )
        except Unsettled as error:
            error.next_step = self.transaction.what_tells
            raise
        untouched = self.transaction.is_untouched(found)
        if self.transaction.is_done(found):
            # What was so before proves nothing; there a refusal counts, of the API or of Postgres.
            return not (untouched and isinstance(cause, NotSent | SqlError)), rivals
        if not untouched and not _comes_before_the_commit(cause, sent):
            raise Unsettled(
                "Somebody else changed the rows by which it could be told whether the last request took effect.",
                self.transaction.what_tells,
            )
        return False, rivals

    def _go_on_after(self, sent: Sent, cause: DatabaseError, said: SqlError | None) -> None:
        """Wait before what is settled as not made is sent again, or raise the last word."""
        if isinstance(cause, NotSent):
            raise cause
        late = said is not None and said.sqlstate == "SBA02" and said.detail == sent.nonce
        if said is None:
            last_word = self.endurance.blindly(cause)
        else:
            last_word = self.transaction.failure(said, sent)
            if late:
                self.deadline_factor *= 2
            if late or said.sqlstate in _PASSING or self.transaction.passes(said, sent):
                last_word = self.endurance.in_time(said, last_word)
        if last_word is not None:
            raise last_word
        if said is None or late:
            self._read_the_clock_anew()

    def _read_the_clock_anew(self) -> None:
        """Learn the server's time again: a machine that slept has a clock that stood still meanwhile."""
        # Where it cannot be read, what is sent next meets the same.
        with suppress(ReadFailed, DatabaseError):
            newer = read_state(self.database, patience=self.patience.read, clock=self.clock)
            self.state = replace(
                self.state, server_time=newer.server_time, read_at=newer.read_at, latency=newer.latency
            )


def _comes_before_the_commit(cause: DatabaseError | None, sent: Sent) -> bool:
    """Tell whether an answer is one of Postgres that nothing behind the commit can have raised."""
    return isinstance(cause, SqlError) and (cause.sqlstate in _PASSING or cause.detail == sent.nonce)
