"""Say what a push would do, and save that for approval."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from sbapply.apply.preview import PlannedRequest, preview
from sbapply.catalog.fingerprint import fingerprint
from sbapply.catalog.whole import read_whole
from sbapply.database import Json
from sbapply.errors import SbapplyError
from sbapply.history.plan import Plan
from sbapply.history.state import read_state
from sbapply.preflight.answers import Preflight
from sbapply.rehearse.footprint import Footprint
from sbapply.verbs.failure import failure_json, refused
from sbapply.verbs.locks import blocked_tables, footprints_of, lock_json
from sbapply.verbs.newer import newer_in
from sbapply.verbs.planning import plan_push
from sbapply.verbs.preflight import data_refusal, preflight
from sbapply.verbs.rehearse import RehearseReport
from sbapply.verbs.rehearsing import Rehearsed, rehearse_plan
from sbapply.verbs.saved_plan import (
    Findings,
    SavedPlan,
    check_can_save,
    findings_of,
    planned_file,
    saved_plan,
    write_plan,
)
from sbapply.verbs.status import entry_json, refusal_json
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Hold what a plan was asked for; ``to``, ``include_all`` and ``ignore_data`` are those of the push."""

    to: str | None = None
    include_all: bool = False
    ignore_data: bool = False
    rehearse: bool = True


@dataclass(frozen=True, slots=True)
class PlanReport:
    """Hold what a push would do, or why it would be refused.

    ``requests`` are those that it would send, ``data`` is what the project's rows said, and ``saved`` the plan that
    was written to ``file``, None where none was.
    """

    target: Target
    plan: Plan
    rehearsed: RehearseReport
    requests: tuple[PlannedRequest, ...] = ()
    data: Preflight = field(default_factory=Preflight)
    error: SbapplyError | None = None
    saved: SavedPlan | None = None
    file: Path | None = None

    @property
    def exit_status(self) -> int:
        """Return 4 where a push would be refused, else 0, with work or without."""
        return self.error.exit_status if self.error is not None else 0

    @property
    def footprints(self) -> tuple[Footprint, ...]:
        """Return what each pending statement locks, of those that lock anything."""
        return footprints_of(self.rehearsed.rehearsal)

    def to_json(self) -> dict[str, Json]:
        """Return every file, request and finding."""
        digests = {ready.version: planned_file(ready.migration).sha256 for ready in self.plan.ready}
        return {
            "command": "plan",
            **self.target.to_json(),
            "outcome": "refused" if self.error is not None else "planned" if self.plan.ready else "nothing-to-do",
            "pending": [
                {"version": ready.version, "name": ready.migration.name, "sha256": digests[ready.version]}
                for ready in self.plan.ready
            ],
            "would_send": [request.to_json() for request in self.requests],
            "migrations": self.rehearsed.migrations_json(),
            "rehearsal": self.rehearsed.note or None,
            "locks": [lock_json(each, self.data.sizes) for each in self.footprints],
            "data": self.data.to_json(),
            "refusals": [refusal_json(refusal) for refusal in self.plan.refusals],
            "listed": [entry_json(entry) for entry in self.plan.entries if entry.reason],
            "saved": str(self.file) if self.saved is not None else None,
            "requests": self.target.database.requests,
            "error": failure_json(self.error) if self.error is not None else None,
        }


def plan(target: Target, options: PlanOptions, out: Path | None = None) -> PlanReport:
    """Say what a push would send, change, lock and be refused for; write it to ``out`` for ``push --plan``.

    Read-only on the project: one request for the state, one for its rows where files demand something of them, and
    with ``out`` one for the schema. A plan that a push would refuse is not written. Raises ``UsageError`` where
    ``out`` cannot be written, ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    if out is not None:
        check_can_save(out)
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    found = plan_push(target, state, include_all=options.include_all, to=options.to)
    asked = RehearseReport(target, found, project_version=state.server_version)
    if found.refusals:
        return PlanReport(target, found, asked, error=refused(found.refusals))
    # Read before anything that takes long: what changes from now on is noticed.
    schema = fingerprint(read_whole(target.database, patience=target.patience.read)) if out is not None else None
    rehearsed = Rehearsed(None, "not rehearsed: --no-rehearse was given" if found.ready else "")
    if options.rehearse and found.ready:
        rehearsed = rehearse_plan(target, found)
    asked = replace(
        asked,
        rehearsal=rehearsed.rehearsal,
        note=rehearsed.note,
        error=rehearsed.refusal,
        newer=newer_in(target, found, state.server_version),
    )
    report = PlanReport(
        target, found, asked, tuple(preview(found.ready, state, target.limits)), error=rehearsed.refusal
    )
    if report.error is not None:
        return report
    report = replace(report, data=preflight(target, found.ready, blocked_tables(report.footprints)))
    refusal = None if options.ignore_data else data_refusal(report.data)
    if refusal is not None or out is None or schema is None:
        return replace(report, error=refusal)
    saved = saved_plan(
        target,
        state,
        [ready.migration for ready in found.ready],
        schema,
        _findings(report),
        to=options.to,
        include_all=options.include_all,
        ignore_data=options.ignore_data,
    )
    write_plan(out, saved)
    return replace(report, saved=saved, file=out)


def _findings(report: PlanReport) -> Findings:
    rehearsed = report.rehearsed
    newer = [
        f"{each.place}: {each.sentence(rehearsed.project_version)}"
        for found in rehearsed.newer.values()
        for each in found
    ]
    return findings_of(
        report.footprints, report.data, newer, rehearsed=rehearsed.rehearsal is not None, note=rehearsed.note
    )
