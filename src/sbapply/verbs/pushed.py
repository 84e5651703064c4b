"""Hold how a push ended, as one document."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sbapply.apply.outcome import Receipt
from sbapply.apply.preview import PlannedRequest
from sbapply.database import Json
from sbapply.errors import SbapplyError
from sbapply.history.plan import Plan
from sbapply.history.ready import Ready
from sbapply.preflight.answers import Preflight
from sbapply.rehearse.footprint import Footprint
from sbapply.verbs.failure import failure_json, outcome_of
from sbapply.verbs.files import Files
from sbapply.verbs.locks import lock_json
from sbapply.verbs.status import entry_json, refusal_json
from sbapply.verbs.target import Target
from sbapply.verify.assertions import AssertionResult, failing
from sbapply.verify.verdict import Verdict

if TYPE_CHECKING:
    from sbapply.verbs.advisors import AdviceChange


class PushOutcome(StrEnum):
    """Name how a push ended."""

    APPLIED = "applied"
    NOTHING_TO_DO = "nothing-to-do"
    DRY_RUN = "dry-run"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class HalfApplied:
    """Name a migration of which ``done`` of ``count`` parts are applied."""

    version: str
    name: str
    done: int
    count: int


@dataclass(frozen=True, slots=True)
class PushReport:
    """Hold how a push ended: what is applied, what is not, the error, and the proof.

    ``half`` are those of the pending migrations of which some parts are applied; ``requests`` is what a dry run
    would have sent; ``footprints`` is what the rehearsal saw of the pending statements that lock tables; ``data``
    is what the project's rows said to the pending migrations; ``assertions`` is what came of those that the applied
    migrations hold; ``advisors`` is what they found before and after, None unless they were wanted and asked;
    ``files`` are the roles and seeds, and ``skipped`` is why the migrations were left alone.
    """

    target: Target
    outcome: PushOutcome
    plan: Plan
    applied: tuple[Receipt, ...] = ()
    elsewhere: tuple[Receipt, ...] = ()
    pending: tuple[Receipt, ...] = ()
    half: tuple[HalfApplied, ...] = ()
    requests: tuple[PlannedRequest, ...] = ()
    data: Preflight = field(default_factory=Preflight)
    error: SbapplyError | None = None
    verdict: Verdict | None = None
    unverified: str = ""
    rehearsal_note: str = ""
    footprints: tuple[Footprint, ...] = ()
    assertions: tuple[AssertionResult, ...] = ()
    advisors: "AdviceChange | None" = None
    files: Files = field(default_factory=Files)
    skipped: str = ""

    @property
    def exit_status(self) -> int:
        """Return the contract's exit code."""
        if self.error is not None:
            return self.error.exit_status
        differs = self.verdict is not None and self.verdict.outcome == "differs"
        return 3 if differs or failing(self.assertions) else 0

    def to_json(self) -> dict[str, Json]:
        """Return the contract's document."""
        found: list[Json] = [{**_receipt(each), "by": "another run or delivery"} for each in self.elsewhere]
        return {
            "command": "push",
            **self.target.to_json(),
            "outcome": self.outcome.value,
            "applied": [*map(_receipt, self.applied), *found],
            "pending": [_receipt(each) for each in self.pending],
            "half_applied": [
                {"version": each.version, "name": each.name, "done": each.done, "parts": each.count}
                for each in self.half
            ],
            "would_send": [request.to_json() for request in self.requests],
            "data": self.data.to_json(),
            "error": failure_json(self.error) if self.error is not None else None,
            "refusals": [refusal_json(refusal) for refusal in self.plan.refusals],
            "listed": [entry_json(entry) for entry in self.plan.entries if entry.reason],
            **self.files.to_json(),
            "skipped": self.skipped or None,
            "requests": self.target.database.requests,
            "rehearsal": self.rehearsal_note or None,
            "locks": [lock_json(each, self.data.sizes) for each in self.footprints],
            "verification": self._verification(),
            "assertions": [result.to_json() for result in self.assertions],
            "advisors": self.advisors.to_json() if self.advisors is not None else None,
            "warnings": [each.to_json() for each in self.verdict.warnings] if self.verdict is not None else [],
        }

    def _verification(self) -> Json:
        if self.verdict is not None:
            return self.verdict.summary()
        return {
            "outcome": "not-verified",
            "claims": 0,
            "confirmed": 0,
            "differs": 0,
            "not_probed": 0,
            "reason": self.unverified or None,
        }


def outcome_after(error: SbapplyError) -> PushOutcome:
    """Return how a push ended that ended with an error."""
    return PushOutcome(outcome_of(error))


def half_applied(ready: Sequence[Ready]) -> tuple[HalfApplied, ...]:
    """Return what a report says of migrations of which some parts are applied."""
    return tuple(
        HalfApplied(each.version, each.migration.name, len(each.progress.finished), each.count) for each in ready
    )


def receipts_of(ready: Sequence[Ready]) -> tuple[Receipt, ...]:
    """Return what a report says of migrations."""
    return tuple(Receipt(each.version, each.migration.name) for each in ready)


def _receipt(receipt: Receipt) -> dict[str, Json]:
    return {"version": receipt.version, "name": receipt.name}
