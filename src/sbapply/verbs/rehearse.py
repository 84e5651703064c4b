"""Rehearse what is pending, and send nothing that writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sbapply.database import Json
from sbapply.errors import SbapplyError
from sbapply.history.plan import Plan
from sbapply.history.state import read_state
from sbapply.migrations.newer import Newer
from sbapply.rehearse.rehearsal import Rehearsal
from sbapply.verbs.failure import failure_json, refused
from sbapply.verbs.newer import newer_in
from sbapply.verbs.rehearsing import rehearse_plan
from sbapply.verbs.status import plan_for, refusal_json
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class RehearseReport:
    """Hold what a rehearsal of the pending migrations came to.

    ``rehearsal`` is None where none could be had; ``note`` says why. ``newer`` is, by version, what the project's
    PostgreSQL, of ``project_version`` (its server_version_num), is too old for; the one of a rehearsal is newer.
    """

    target: Target
    plan: Plan
    rehearsal: Rehearsal | None = None
    note: str = ""
    error: SbapplyError | None = None
    project_version: int = 0
    newer: Mapping[str, tuple[Newer, ...]] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """Return 4 where a push would be refused, 1 where nothing could be rehearsed, else 0."""
        if self.error is not None:
            return self.error.exit_status
        return 0 if self.rehearsal is not None else 1

    def to_json(self) -> dict[str, Json]:
        """Return what each pending migration changes and locks."""
        rehearsal = self.rehearsal
        return {
            "command": "rehearse",
            **self.target.to_json(),
            "outcome": "refused" if self.error is not None else "rehearsed" if rehearsal is not None else "failed",
            "way": rehearsal.way if rehearsal is not None else None,
            "server_version": rehearsal.server_version if rehearsal is not None else None,
            "project_version": self.project_version,
            "simulated": list(rehearsal.simulated) if rehearsal is not None else [],
            "unbuilt": list(rehearsal.unbuilt) if rehearsal is not None else [],
            "migrations": self.migrations_json(),
            "refusals": [refusal_json(refusal) for refusal in self.plan.refusals],
            "note": self.note or None,
            "requests": self.target.database.requests,
            "error": failure_json(self.error) if self.error is not None else None,
        }

    def migrations_json(self) -> list[Json]:
        """Return, for each pending migration, what it changes, claims and locks."""
        rehearsal = self.rehearsal
        pending = {ready.version for ready in self.plan.ready}
        claims = rehearsal.claims_for(pending) if rehearsal is not None and pending else ()
        footprints = dict(rehearsal.footprints) if rehearsal is not None else {}
        return [
            {
                "version": ready.version,
                "name": ready.migration.name,
                "file": ready.migration.file,
                "changes": [
                    trace.to_json()
                    for trace in (rehearsal.changes_of(ready.version) if rehearsal is not None else ())
                ],
                "claims": [claim.to_json() for claim in claims if claim.version == ready.version],
                "newer": [each.to_json() for each in self.newer.get(ready.version, ())],
                "statements": [each.to_json() for each in footprints.get(ready.version, ())],
            }
            for ready in self.plan.ready
        ]


def rehearse(target: Target, *, to: str | None = None, include_all: bool = False) -> RehearseReport:
    """Run the pending migrations on a scratch Postgres, after what is applied or a copy of the project's schema.

    Read-only; one request, more if stored texts must be compared or the schema is copied. Raises ``ReadFailed``,
    ``SqlError`` or ``NotSent``.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    plan = plan_for(target, state, include_all=include_all, to=to)
    if plan.refusals:
        return RehearseReport(target, plan, error=refused(plan.refusals), project_version=state.server_version)
    found = rehearse_plan(target, plan)
    newer = newer_in(target, plan, state.server_version)
    return RehearseReport(
        target, plan, found.rehearsal, found.note, found.refusal, project_version=state.server_version, newer=newer
    )
