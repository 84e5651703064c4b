"""Hold the folder against the history, and say so for every file and row."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from sbapply.database import Json
from sbapply.history.plan import Entry, Plan, Refusal, State, make_plan
from sbapply.history.state import RemoteState, read_state, read_stored_texts
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class StatusReport:
    """Hold every file and history row with its state; ``checked`` makes work a difference (exit 3)."""

    target: Target
    entries: tuple[Entry, ...]
    checked: bool = False

    @property
    def exit_status(self) -> int:
        """Return 3 if ``--check`` found anything but applied and skipped, else 0."""
        return 3 if self.checked and self.work else 0

    @property
    def work(self) -> tuple[Entry, ...]:
        """Return the entries that somebody has to do something about."""
        return tuple(entry for entry in self.entries if entry.state not in (State.APPLIED, State.SKIPPED))

    def to_json(self) -> dict[str, Json]:
        """Return the contract's document."""
        return {
            "command": "status",
            **self.target.to_json(),
            "migrations": [entry_json(entry) for entry in self.entries],
            "requests": self.target.database.requests,
            "error": None,
        }


def entry_json(entry: Entry) -> dict[str, Json]:
    """Return an entry as the contract's document shows it."""
    return {
        "version": entry.version or None,
        "name": entry.name or None,
        "file": entry.file,
        "state": entry.state.value,
        "reason": entry.reason or None,
    }


def refusal_json(refusal: Refusal) -> dict[str, Json]:
    """Return a refused file with its reason and place."""
    place = refusal.problem.place
    return {
        "version": refusal.migration.version or None,
        "name": refusal.migration.name,
        "code": refusal.problem.code,
        "reason": refusal.problem.reason,
        "next": refusal.problem.next_step,
        "file": refusal.migration.file,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def status(target: Target, *, check: bool = False) -> StatusReport:
    """Account for every file and every history row. Read-only; one request, two if stored texts must be compared.

    Raises ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    # Out-of-order files are told apart from pending ones, so nothing is admitted here.
    return StatusReport(target, plan_for(target, state).entries, check)


def plan_for(
    target: Target,
    state: RemoteState,
    *,
    include_all: bool = False,
    to: str | None = None,
    again: Collection[str] = (),
) -> Plan:
    """Plan a push of the target's folder onto ``state``, as ``make_plan``; one request at most."""
    return make_plan(
        target.folder,
        state,
        read_stored=partial(read_stored_texts, target.database, patience=target.patience.read, clock=target.clock),
        include_all=include_all,
        to=to,
        again=again,
    )
