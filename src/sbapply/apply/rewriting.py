"""Change rows of the history in one transaction, and settle what became of it before a word is said."""

from collections.abc import Sequence
from dataclasses import dataclass

from sbapply.apply import clauses
from sbapply.apply.alone import Crossing
from sbapply.apply.clauses import literals
from sbapply.apply.failure import cure_of_refused_row
from sbapply.apply.outcome import Clearing, Notify, Sending
from sbapply.apply.script import body_bytes
from sbapply.apply.step import Findings
from sbapply.apply.traces import clearing_sql, outlast
from sbapply.apply.transaction import Sent, run_transaction
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience, Row
from sbapply.errors import (
    HistoryMoved,
    Interrupted,
    NothingApplied,
    Refused,
    SbapplyError,
    SqlError,
    Unsettled,
)
from sbapply.history.progress import UnitRow
from sbapply.history.rewrite import Change, Forget, Put, Relabel, Rewrite, Take, digest_of_rows
from sbapply.quoting import quote_literal
from sbapply.templates import fill

# What the attempts that lost the race for making the history table end with, as in ``create.sql``.
_MADE_MEANWHILE = frozenset({"42P06", "42P07", "42701", "42710", "23505"})
_AGAIN = "Look with `sbapply status`, then run the same command again."


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
    if rewrite_bytes(rewrite, limits) > limits.request_bytes:
        raise Refused(
            f"The changes of the history do not fit into one request of {limits.request_bytes:,} bytes.",
            "Make them in several steps.",
        )
    rewriting = _Rewriting(rewrite)
    _wait_for_claims(rewriting, Crossing(database, patience, clock, notify))
    run_transaction(
        database,
        rewriting,
        rewrite.state,
        notify=notify,
        limits=limits,
        patience=patience,
        clock=clock,
    )


def _wait_for_claims(rewriting: "_Rewriting", crossing: Crossing) -> None:
    """Wait for the statements whose claims go; raises ``NothingApplied`` where nobody can tell of them."""
    try:
        outlast(crossing, rewriting.rewrite.claims)
    except KeyboardInterrupt:
        raise rewriting.interrupted(made=False) from None
    except Unsettled as error:
        raise NothingApplied(
            f"The history was not changed, because a push may be at work on it: {error.message}", _AGAIN
        ) from error


def build_rewrite(rewrite: Rewrite, *, marker: str, nonce: str, deadline: float, limits: Limits) -> str:
    """Build the request's SQL. ``deadline`` is on the server's clock, in seconds since 1970."""
    head = clauses.load("rewrite_head.sql").rstrip()
    quoted = quote_literal(nonce)
    parts = (
        clauses.opening_sql(marker, nonce, deadline),
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
        *clearing_sql(rewrite),
        *_changing(rewrite.changes),
        fill(
            clauses.load("rewrite_close.sql"),
            head=head,
            after=quote_literal(digest_of_rows(rewrite.after())),
            nonce=quoted,
        ),
    )
    return "".join(parts)


def rewrite_bytes(rewrite: Rewrite, limits: Limits) -> int:
    """Return the size of the request's JSON body."""
    return body_bytes(build_rewrite(rewrite, marker="0" * 48, nonce="0" * 24, deadline=1e9, limits=limits))


def _creation(rewrite: Rewrite) -> str:
    """Return what makes the history whole, or nothing: a no-op ALTER would fire DDL event triggers."""
    state = rewrite.state
    schema = "" if state.has_schema else clauses.load("create_schema.sql")
    if not state.has_table:
        return schema + clauses.load("create_table.sql")
    return "".join(clauses.load(f"add_column_{column}.sql") for column in state.missing_columns)


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


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """Be the transaction that changes the history."""

    rewrite: Rewrite

    def build(self, *, marker: str, nonce: str, deadline: float, limits: Limits) -> str:
        return build_rewrite(self.rewrite, marker=marker, nonce=nonce, deadline=deadline, limits=limits)

    def announced(self, number: int, size: int) -> Sending | Clearing:
        if all(isinstance(change, Forget) for change in self.rewrite.changes):
            return Clearing(number, self.rewrite.touched, size)
        return Sending(number, self.rewrite.touched, size)

    def proved_by(self, row: Row) -> bool:
        return row.get("head") == digest_of_rows(self.rewrite.after())

    def settling_sql(self, sent: Sent) -> str:
        versions = self.rewrite.touched
        return clauses.settling_sql(
            sent.marker,
            sent.deadline,
            table=clauses.HISTORY,
            present=clauses.present_in_history(versions, named=True),
            versions=versions,
        )

    @property
    def what_tells(self) -> str:
        return (
            "Run `sbapply status` when the project answers again: it shows the history as it is. The same command "
            "changes only what is not yet as it is to be."
        )

    def is_done(self, found: Findings) -> bool:
        return self.rewrite.is_done(found.versions, found.units.values())

    def is_untouched(self, found: Findings) -> bool:
        return self.rewrite.is_untouched(found.versions, found.units.values())

    def passes(self, said: SqlError, sent: Sent) -> bool:
        del said, sent
        return False

    def failure(self, said: SqlError, sent: Sent) -> SbapplyError:
        del sent
        raced = said.sqlstate in _MADE_MEANWHILE and _creation(self.rewrite) != ""
        if said.sqlstate == "SBA03" or raced:
            return HistoryMoved(
                "Somebody else changed the history since it was read, so nothing was written.", _AGAIN
            )
        if said.sqlstate == "SBA04":
            return NothingApplied(
                f"The history was not changed: {said.message} (SBA04)",
                "A trigger or a rule on supabase_migrations.schema_migrations writes them otherwise: drop it, or "
                "let it leave these rows alone, then run the same command again.",
            )
        if said.sqlstate == "SBA13":
            return NothingApplied(
                f"The history was not changed: {said.message}.",
                "Drop or rename one of the two, then run the same command again.",
            )
        cured = cure_of_refused_row(said)
        if cured is not None:
            table, cure = cured
            return NothingApplied(f"{table} does not take what was to be written: {said.message}", cure)
        return NothingApplied(f"The history was not changed: {said.message} ({said.sqlstate})", _AGAIN)

    def interrupted(self, *, made: bool) -> Interrupted:
        what = "the history was changed as shown" if made else "nothing was changed"
        return Interrupted(f"Interrupted; {what}.", "Run `sbapply status` to see the history.", made=made)

    def interrupted_twice(self) -> Unsettled:
        return Unsettled("Interrupted twice: it is not settled whether the history was changed.", _AGAIN)
