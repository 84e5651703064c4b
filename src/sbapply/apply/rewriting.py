"""Change rows of the history in one transaction, and settle what became of it before a word is said."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sbapply.apply import clauses
from sbapply.apply.alone import cancel
from sbapply.apply.clauses import literals, marker_halves
from sbapply.apply.deadline import deadline_after
from sbapply.apply.endurance import Endurance
from sbapply.apply.failure import verdict_of_postgres
from sbapply.apply.outcome import Notify, Sending, Settling
from sbapply.apply.script import body_bytes
from sbapply.apply.settle import find_out
from sbapply.apply.step import Findings
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience, Row
from sbapply.errors import (
    DatabaseError,
    HistoryMoved,
    Interrupted,
    NothingApplied,
    NotSent,
    OutcomeUnknown,
    Refused,
    SbapplyError,
    SqlError,
    Unsettled,
)
from sbapply.history.progress import UnitRow
from sbapply.history.rewrite import Change, Put, Relabel, Rewrite, Take, digest_of_rows
from sbapply.quoting import quote_literal
from sbapply.templates import fill

_PASSING = frozenset({"40P01", "40001", "55P03"})
# What the attempts that lost the race for making the history table end with, as in ``create.sql``.
_MADE_MEANWHILE = frozenset({"42P06", "42P07", "42701", "42710", "23505"})
_AGAIN = "Look with `sbapply status`, then run the same command again."


@dataclass(frozen=True, slots=True)
class RewriteRequest:
    """Hold one request that rewrites the history, and what is needed to recognise and settle it."""

    sql: str
    marker: str
    nonce: str
    deadline: float
    rewrite: Rewrite


def rewrite_history(
    database: Database,
    rewrite: Rewrite,
    *,
    notify: Notify,
    limits: Limits | None = None,
    patience: Patience | None = None,
    clock: Clock | None = None,
) -> None:
    """Make the changes of ``rewrite`` in one transaction, if the history is still the one that they are for.

    Returns once they are settled as made. Raises ``HistoryMoved`` where somebody else changed the history,
    ``Refused`` where it is too large for one request, ``NothingApplied`` or a ``NotSent`` where it had no effect,
    ``Unsettled`` where nobody can tell yet, ``Interrupted`` after Ctrl-C, settled.
    """
    limits, patience, clock = limits or Limits(), patience or Patience(), clock or Clock()
    run = _Run(database, rewrite, notify, limits, patience, clock, Endurance(patience, clock, notify))
    try:
        run.drive()
    except KeyboardInterrupt:
        raise run.interrupt() from None


def build_rewrite(rewrite: Rewrite, *, marker: str, nonce: str, deadline: float, limits: Limits) -> RewriteRequest:
    """Build the request. ``deadline`` is on the server's clock, in seconds since 1970."""
    head = clauses.load("rewrite_head.sql").rstrip()
    quoted = quote_literal(nonce)
    parts = (
        fill(clauses.load("deadline.sql"), marker=marker, nonce=quoted, deadline=repr(deadline)),
        fill(
            clauses.load("rewrite_open.sql"),
            statement_timeout=quote_literal(limits.statement_timeout),
            history_lock_timeout=quote_literal(limits.history_lock_timeout),
            creation=_creation(rewrite),
            head=head,
            before=quote_literal(digest_of_rows(rewrite.state.rows)),
            touched=literals(rewrite.touched),
            units=quote_literal(_units_text(rewrite)),
            nonce=quoted,
        ),
        *_clearing(rewrite),
        *_changing(rewrite.changes),
        fill(
            clauses.load("rewrite_close.sql"),
            head=head,
            after=quote_literal(digest_of_rows(rewrite.after())),
            nonce=quoted,
        ),
    )
    return RewriteRequest("".join(parts), marker, nonce, deadline, rewrite)


def rewrite_bytes(rewrite: Rewrite, limits: Limits) -> int:
    """Return the size of the request's JSON body."""
    return body_bytes(build_rewrite(rewrite, marker="0" * 48, nonce="0" * 24, deadline=1e9, limits=limits).sql)


def _creation(rewrite: Rewrite) -> str:
    """Return what makes the history whole, or nothing: a no-op ALTER would fire DDL event triggers."""
    state = rewrite.state
    schema = "" if state.has_schema else clauses.load("create_schema.sql")
    if not state.has_table:
        return schema + clauses.load("create_table.sql")
    return "".join(clauses.load(f"add_column_{column}.sql") for column in state.missing_columns)


def _clearing(rewrite: Rewrite) -> Sequence[str]:
    versions = dict.fromkeys(unit.version for unit in rewrite.units)
    names = ("clear_pieces.sql",) * rewrite.state.has_pieces + ("clear_units.sql",)
    return [fill(clauses.load(name), version=quote_literal(version)) for version in versions for name in names]


def _changing(changes: Sequence[Change]) -> Sequence[str]:
    takes = [
        fill(clauses.load("rewrite_take.sql"), version=quote_literal(change.version))
        for change in changes
        if isinstance(change, Take)
    ]
    pairs = [
        f"({literals((change.version, change.to))}, {_text_or_null(change.name)}::pg_catalog.text)"
        for change in changes
        if isinstance(change, Relabel)
    ]
    relabels = []
    if pairs:
        relabels.append(fill(clauses.load("rewrite_relabel.sql"), pairs=", ".join(pairs)))
        relabels.append(clauses.load("rewrite_relabelled.sql"))
    puts = [
        fill(
            clauses.load("rewrite_put.sql"),
            version=quote_literal(change.version),
            name=_text_or_null(change.name),
            stored="null" if change.statements is None else f"array[{literals(change.statements)}]",
        )
        for change in changes
        if isinstance(change, Put)
    ]
    return [*takes, *relabels, *puts]


def _text_or_null(text: str | None) -> str:
    return "null" if text is None else quote_literal(text)


def _units_text(rewrite: Rewrite) -> str:
    def place(unit: UnitRow) -> tuple[bytes, int]:
        return unit.version.encode(), unit.unit

    touched = frozenset(rewrite.touched)
    units = sorted((unit for unit in rewrite.state.units if unit.version in touched), key=place)
    return ",".join(f"{unit.version}:{unit.as_text()}" for unit in units)


@dataclass(slots=True)
class _Run:
    """Send until the changes are made or it is certain that they are not."""

    database: Database
    rewrite: Rewrite
    notify: Notify
    limits: Limits
    patience: Patience
    clock: Clock
    endurance: Endurance
    deadline_factor: float = 1.0
    sent: RewriteRequest | None = None
    number: int = 0

    def drive(self) -> None:
        if rewrite_bytes(self.rewrite, self.limits) > self.limits.request_bytes:
            raise Refused(
                f"The changes of the history do not fit into one request of {self.limits.request_bytes:,} bytes.",
                "Make them in several steps.",
            )
        while not self._sent_and_made():
            pass

    def _sent_and_made(self) -> bool:
        """Send once; return whether the changes are made, and raise what ends the attempts."""
        request = self._build()
        self.notify(Sending(self.number, self.rewrite.touched, len(request.sql.encode())))
        self.sent = request
        cause: DatabaseError
        try:
            rows = self.database.run(request.sql)
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
            if _proves(request, rows):
                return True
            cause = OutcomeUnknown("The answer was not this request's own last row.")
        self.notify(Settling(cause.message))
        if self._is_made(request):
            return True
        self._go_on_after(request, cause)
        return False

    def interrupt(self) -> SbapplyError:
        """Cancel in the database, wait for it, and say what is left."""
        if self.sent is None:
            return _interrupted(made=False)
        try:
            cancel(self.database, self.sent.marker, self.notify)
            return _interrupted(made=self._is_made(self.sent, cancelling=True))
        except KeyboardInterrupt:
            return Unsettled("Interrupted twice: it is not settled whether the history was changed.", _AGAIN)
        except SbapplyError as error:
            return error

    def _build(self) -> RewriteRequest:
        self.number += 1
        deadline = deadline_after(
            self.rewrite.state, patience=self.patience, clock=self.clock, factor=self.deadline_factor
        )
        marker = f"sbapply run={secrets.token_hex(8)} request={self.number};"
        return build_rewrite(
            self.rewrite, marker=marker, nonce=secrets.token_hex(12), deadline=deadline, limits=self.limits
        )

    def _is_made(self, request: RewriteRequest, *, cancelling: bool = False) -> bool:
        def done(found: Findings) -> bool:
            return self.rewrite.is_done(found.versions)

        at_work = partial(cancel, self.database, request.marker, self.notify) if cancelling else lambda: None
        found, _ = find_out(
            self.database,
            _settling_sql(request),
            done,
            patience=self.patience,
            clock=self.clock,
            notify=self.notify,
            at_work=at_work,
        )
        return done(found)

    def _go_on_after(self, request: RewriteRequest, cause: DatabaseError) -> None:
        """Wait before what is settled as not made is sent again, or raise the last word."""
        said = verdict_of_postgres(cause) if isinstance(cause, SqlError | OutcomeUnknown) else None
        if said is None:
            last_word = self.endurance.blindly(cause)
        elif said.sqlstate == "SBA02" and said.detail == request.nonce:
            self.deadline_factor *= 2
            last_word = self.endurance.in_time(said, _nothing(said))
        elif said.sqlstate in _PASSING:
            last_word = self.endurance.in_time(said, _nothing(said))
        elif said.sqlstate == "SBA03" or said.sqlstate in _MADE_MEANWHILE:
            last_word = HistoryMoved(
                "Somebody else changed the history since it was read, so nothing was written.", _AGAIN
            )
        else:
            last_word = _nothing(said)
        if last_word is not None:
            raise last_word


def _settling_sql(request: RewriteRequest) -> str:
    marker = marker_halves(request.marker)
    return fill(
        clauses.load("settle.sql"),
        deadline=repr(request.deadline),
        versions=literals(request.rewrite.touched),
        attempts=literals(("",)),
        named=" || ':' || coalesce(entry ->> 'name', '')",
        work=fill(clauses.load("work.sql"), **marker),
        **marker,
    )


def _proves(request: RewriteRequest, rows: Sequence[Row]) -> bool:
    if len(rows) != 1 or rows[0].get("sbapply") != request.nonce:
        return False
    return rows[0].get("head") == digest_of_rows(request.rewrite.after())


def _nothing(said: SqlError) -> NothingApplied:
    return NothingApplied(f"The history was not changed: {said.message} ({said.sqlstate})", _AGAIN)


def _interrupted(*, made: bool) -> Interrupted:
    what = "the history was changed as shown" if made else "nothing was changed"
    return Interrupted(f"Interrupted; {what}.", "Run `sbapply status` to see the history.")
