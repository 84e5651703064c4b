"""Say what is on the project and not in its migrations, and the other way round."""

from collections.abc import Sequence
from dataclasses import dataclass

from sbapply.catalog.ddl.restore import Restoring, restore
from sbapply.catalog.drift import Drift, drift
from sbapply.catalog.names import named
from sbapply.catalog.whole import read_whole
from sbapply.database import Json
from sbapply.history.plan import Plan, State
from sbapply.history.state import read_state
from sbapply.verbs.status import entry_json, plan_for
from sbapply.verbs.target import Target
from sbapply.verbs.verify import applied_migrations


@dataclass(frozen=True, slots=True)
class DiffReport:
    """Hold how the project's schema differs from the one that its applied migrations make.

    ``not_covered`` names what the project holds that no catalog of ours speaks of; ``statements`` are those that
    would bring it back, None where they were not asked for.
    """

    target: Target
    plan: Plan
    drifts: Sequence[Drift]
    not_covered: tuple[str, ...] = ()
    statements: tuple[Restoring, ...] | None = None

    @property
    def exit_status(self) -> int:
        """Return 3 if anything differs, else 0."""
        return 3 if self.drifts else 0

    def to_json(self) -> dict[str, Json]:
        """Return every difference, and what the history says of the files."""
        return {
            "command": "diff",
            **self.target.to_json(),
            "outcome": "differs" if self.drifts else "equal",
            "differences": [_drift_json(each) for each in self.drifts],
            "not_covered": list(self.not_covered),
            "statements": None
            if self.statements is None
            else [{"sql": each.sql or None, "warning": each.warning or None} for each in self.statements],
            "history": {"migrations": [entry_json(entry) for entry in self.plan.entries if entry.reason]},
            "requests": self.target.database.requests,
            "error": None,
        }


def diff(target: Target, *, statements: bool = False) -> DiffReport:
    """Compare the project's schema, object by object, with the one that a replay of its applied migrations leaves.

    Read-only; two requests, three if stored texts must be compared. Versions that have no file here are part of the
    project and not of the replay, so what they made is listed. With ``statements`` those are written that would
    bring the project back; none is run. Raises what ``verify`` does.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    plan = plan_for(target, state)
    expected = target.rehearser.replayed(applied_migrations(target, plan))
    found = read_whole(target.database, patience=target.patience.read)
    drifts = drift(expected, found)
    restoring = restore(expected, found, drifts) if statements else None
    return DiffReport(target, plan, drifts, found.not_covered, restoring)


def missing_files(report: DiffReport) -> list[str]:
    """Return the applied versions that have no file here."""
    return [entry.version for entry in report.plan.of_state(State.MISSING_FILE)]


def _drift_json(each: Drift) -> Json:
    kind, key = each.identity
    return {
        "object": named(kind, key),
        "kind": kind,
        "key": list(key),
        "about": named(*each.about),
        "side": each.side,
        "facts": {name: {"expected": expected, "found": found} for name, (expected, found) in each.facts.items()},
    }
