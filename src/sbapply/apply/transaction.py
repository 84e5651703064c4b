"""Send one transaction until it is settled what became of it, before a word is said."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sbapply.apply.alone import cancel
from sbapply.apply.deadline import deadline_after
from sbapply.apply.endurance import Endurance
from sbapply.apply.failure import verdict_of_postgres
from sbapply.apply.outcome import Event, Notify, Settling
from sbapply.apply.settle import find_out
from sbapply.apply.step import Findings
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience, Row
from sbapply.errors import DatabaseError, Interrupted, NotSent, OutcomeUnknown, SbapplyError, SqlError, Unsettled
from sbapply.history.state import RemoteState

_PASSING = frozenset({"40P01", "40001", "55P03"})


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold one request that carries the transaction, and what it is recognised and settled by."""

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

    def is_done(self, present: Mapping[str, str]) -> bool:
        """Tell whether the rows that the settling question found are as they are to be."""
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
    up, ``Unsettled`` where nobody can tell yet, ``Interrupted`` after Ctrl-C, settled.
    """
    run = _Run(database, transaction, state, notify, limits, patience, clock, Endurance(patience, clock, notify))
    try:
        while not run.sent_and_made():
            pass
    except KeyboardInterrupt:
        raise run.interrupt() from None


@dataclass(slots=True)
class _Run:
    """Send until the transaction is committed or it is certain that it is not."""

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

    def sent_and_made(self) -> bool:
        """Send once; return whether it is committed, and raise what ends the attempts."""
        sent = self._build()
        self.notify(self.transaction.announced(self.number, len(sent.sql.encode())))
        self.sent = sent
        cause: DatabaseError
        try:
            rows = self.database.run(sent.sql)
        except NotSent as error:
            last_word = self.endurance.at_the_door(error)
            if last_word is None:
                return False
            if not error.answered:
                raise
            cause = OutcomeUnknown(error.message, error.next_step, lasting=True)
        except (SqlError, OutcomeUnknown) as error:
            cause = error
        else:
            if self._is_proved(sent, rows):
                return True
            cause = OutcomeUnknown("The answer was not this request's own last row.")
        self.notify(Settling(cause.message))
        if self._is_made(sent):
            return True
        self._go_on_after(sent, cause)
        return False

    def interrupt(self) -> SbapplyError:
        """Cancel in the database, wait for it, and say what is left."""
        if self.sent is None:
            return self.transaction.interrupted(made=False)
        try:
            cancel(self.database, self.sent.marker, self.notify)
            return self.transaction.interrupted(made=self._is_made(self.sent, cancelling=True))
        except KeyboardInterrupt:
            return self.transaction.interrupted_twice()
        except SbapplyError as error:
            return error

    def _build(self) -> Sent:
        self.number += 1
        deadline = deadline_after(self.state, patience=self.patience, clock=self.clock, factor=self.deadline_factor)
        marker = f"sbapply run={secrets.token_hex(8)} request={self.number};"
        nonce = secrets.token_hex(12)
        sql = self.transaction.build(marker=marker, nonce=nonce, deadline=deadline, limits=self.limits)
        return Sent(sql, marker, nonce, deadline)

    def _is_proved(self, sent: Sent, rows: Sequence[Row]) -> bool:
        return len(rows) == 1 and rows[0].get("sbapply") == sent.nonce and self.transaction.proved_by(rows[0])

    def _is_made(self, sent: Sent, *, cancelling: bool = False) -> bool:
        def done(found: Findings) -> bool:
            return self.transaction.is_done(found.versions)

        at_work = partial(cancel, self.database, sent.marker, self.notify) if cancelling else lambda: None
        found, _ = find_out(
            self.database,
            self.transaction.settling_sql(sent),
            done,
            patience=self.patience,
            clock=self.clock,
            notify=self.notify,
            at_work=at_work,
        )
        return done(found)

    def _go_on_after(self, sent: Sent, cause: DatabaseError) -> None:
        """Wait before what is settled as not made is sent again, or raise the last word."""
        said = verdict_of_postgres(cause) if isinstance(cause, SqlError | OutcomeUnknown) else None
        if said is None:
            last_word = self.endurance.blindly(cause)
        else:
            last_word = self.transaction.failure(said, sent)
            late = said.sqlstate == "SBA02" and said.detail == sent.nonce
            if late:
                self.deadline_factor *= 2
            if late or said.sqlstate in _PASSING or self.transaction.passes(said, sent):
                last_word = self.endurance.in_time(said, last_word)
        if last_word is not None:
            raise last_word
