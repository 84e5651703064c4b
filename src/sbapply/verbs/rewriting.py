"""Change rows of the history for a verb: show, ask, write, and report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sbapply.apply.outcome import Notify
from sbapply.apply.rewriting import rewrite_bytes, rewrite_history
from sbapply.config import Limits
from sbapply.database import Json
from sbapply.errors import (
    ConsentMissing,
    HistoryMoved,
    Interrupted,
    NothingApplied,
    NotSent,
    Refused,
    SbapplyError,
    UsageError,
)
from sbapply.history.rewrite import Change, Forget, Put, Relabel, Rewrite, Take
from sbapply.history.state import HistoryRow, RemoteState
from sbapply.verbs.failure import failure_json, outcome_of
from sbapply.verbs.target import Target


class RewriteOutcome(StrEnum):
    """Name how a verb that changes the history ended."""

    REWRITTEN = "rewritten"
    NOTHING_TO_DO = "nothing-to-do"
    DRY_RUN = "dry-run"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class RewriteReport:
    """Hold which rows were, or would be, changed, and how it ended.

    ``rows`` are those of the changed versions as they were; ``notes`` is what else there is to say; ``more`` is
    what a verb adds to the document.
    """

    command: str
    target: Target
    outcome: RewriteOutcome
    changes: tuple[Change, ...] = ()
    rows: Mapping[str, HistoryRow] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: SbapplyError | None = None
    more: Mapping[str, Json] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """Return the contract's exit code."""
        return self.error.exit_status if self.error is not None else 0

    def to_json(self) -> dict[str, Json]:
        """Return every change, and how it ended."""
        return {
            "command": self.command,
            **self.target.to_json(),
            "outcome": self.outcome.value,
            "changes": [self._change(change) for change in self.changes],
            "notes": list(self.notes),
            **self.more,
            "requests": self.target.database.requests,
            "error": failure_json(self.error) if self.error is not None else None,
        }

    def _change(self, change: Change) -> dict[str, Json]:
        row = self.rows.get(change.version)
        match change:
            case Put():
                count = None if change.statements is None else len(change.statements)
                what = "write" if row is None else "replace"
                return {"change": what, "version": change.version, "name": change.name, "statements": count}
            case Take():
                return {"change": "remove", "version": change.version, "name": row.name if row else None}
            case Relabel():
                was = row.name if row else None
                return {
                    "change": "relabel",
                    "version": change.version,
                    "name": was,
                    "to": change.to,
                    "to_name": change.name,
                }
            case Forget():
                return {"change": "clear", "version": change.version, "name": row.name if row else None}


@dataclass(frozen=True, slots=True)
class RewriteSteps:
    """Hold how such a verb speaks with whoever started it.

    ``show`` is given the report before anything is asked; ``consent`` raises ``ConsentMissing`` for a no.
    """

    show: Callable[[RewriteReport], None]
    consent: Callable[[RewriteReport], None]
    notify: Notify


_NOT_WRITTEN = (ConsentMissing, HistoryMoved, NothingApplied, NotSent, Refused, UsageError)


def left_as_it_was(error: SbapplyError | None) -> bool:
    """Tell whether it is settled that a rewriting which ended with ``error`` wrote nothing."""
    if isinstance(error, Interrupted):
        return not error.made
    return isinstance(error, _NOT_WRITTEN)


def put_that_fits(state: RemoteState, changes: Sequence[Change], put: Put, limits: Limits) -> Put:
    """Return ``put``, without its text where ``changes`` and it would not fit into one request."""
    size = rewrite_bytes(Rewrite(state, (*changes, put)), limits)
    return replace(put, statements=None) if size > limits.request_bytes else put


def rewrite(
    command: str,
    target: Target,
    state: RemoteState,
    changes: Sequence[Change],
    steps: RewriteSteps,
    *,
    dry_run: bool = False,
    before: Callable[[], None] | None = None,
    notes: Sequence[str] = (),
    more: Mapping[str, Json] | None = None,
) -> RewriteReport:
    """Make ``changes`` in the history that ``state`` read, in one transaction, after showing them and asking.

    Nothing is written where the history moved since. ``before`` is what else there is to do, once somebody said yes
    and before anything is sent; it may raise an error of the tree. Raises nothing of it: the report carries it.
    """
    rows = {row.version: row for row in state.rows}
    report = RewriteReport(
        command, target, RewriteOutcome.NOTHING_TO_DO, tuple(changes), rows, tuple(notes), more=more or {}
    )
    steps.show(report)
    if not changes and before is None:
        return report
    if dry_run:
        return replace(report, outcome=RewriteOutcome.DRY_RUN)
    try:
        steps.consent(report)
        if before is not None:
            before()
        if changes:
            rewrite_history(
                target.database,
                Rewrite(state, tuple(changes)),
                notify=steps.notify,
                limits=target.limits,
                patience=target.patience,
                clock=target.clock,
            )
    except ConsentMissing as error:
        return replace(report, outcome=RewriteOutcome.FAILED, error=error)
    except SbapplyError as error:
        return replace(report, outcome=RewriteOutcome(outcome_of(error)), error=error)
    return replace(report, outcome=RewriteOutcome.REWRITTEN)
