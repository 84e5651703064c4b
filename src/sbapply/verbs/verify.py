"""Prove that the project is what its applied migrations say, and what is asserted of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sbapply.database import Json
from sbapply.errors import RehearsalFailed
from sbapply.history.plan import Plan, State
from sbapply.history.state import read_state
from sbapply.migrations.files import Migration
from sbapply.verbs.assertions import asserted_in_files, asserted_in_migrations
from sbapply.verbs.status import entry_json, plan_for
from sbapply.verbs.target import Target
from sbapply.verify.assertions import AssertionResult, failing, run_assertions
from sbapply.verify.proof import prove, prove_with_state
from sbapply.verify.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from sbapply.verbs.advisors import Advice


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Hold the verdict over every claim, what the history says of the files, and what came of the assertions.

    ``advisors`` is what they find, None unless they were wanted; it changes nothing of the outcome.
    """

    target: Target
    verdict: Verdict
    plan: Plan
    assertions: tuple[AssertionResult, ...] = ()
    advisors: "Advice | None" = None

    @property
    def outcome(self) -> Outcome:
        """Say whether the project is what was claimed and asserted; what was asserted is proof where true."""
        if failing(self.assertions):
            return "differs"
        confirmed = any(result.status == "confirmed" for result in self.assertions)
        return "confirmed" if confirmed and self.verdict.outcome == "nothing-claimed" else self.verdict.outcome

    @property
    def exit_status(self) -> int:
        """Return 3 if anything differs, else 0."""
        return 3 if self.outcome == "differs" else 0

    def to_json(self) -> dict[str, Json]:
        """Return the contract's document."""
        return {
            "command": "verify",
            **self.target.to_json(),
            **self.verdict.to_json(),
            "outcome": self.outcome,
            "assertions": [result.to_json() for result in self.assertions],
            "advisors": self.advisors.to_json() if self.advisors is not None else None,
            "history": {"migrations": [entry_json(entry) for entry in self.plan.entries]},
            "requests": self.target.database.requests,
            "error": None,
        }


def verify(target: Target, *, advisors: bool = False) -> VerifyReport:
    """Ask the project about every claim of every applied migration, and run what is asserted. Nothing stays of it.

    With ``advisors`` they are asked last.

    Claims come from running the applied files on a scratch Postgres. One request where every file is applied, else
    two, another if stored texts must be compared, and one for each file that asserts anything. Raises ``Refused``
    before anything is sent if what a file asserts, one that is not applied included, could do more than ask;
    ``RehearsalFailed`` if a file cannot be rehearsed, ``LocalMissing`` and ``EngineError``, ``ReadFailed``,
    ``SqlError`` or ``NotSent``.
    """
    files = asserted_in_files(target.assertions)
    lines = asserted_in_migrations(target.folder.migrations)
    plan, verdict = _proved_at_once(target)
    if plan is None:
        plan = plan_for(target, read_state(target.database, patience=target.patience.read, clock=target.clock))
    applied = applied_migrations(target, plan)
    if verdict is None:
        verdict = _proved(target, applied)
    names = {migration.file for migration in applied}
    asserted = (*(each for each in lines if each.file in names), *files)
    results = run_assertions(target.database, asserted, patience=target.patience.read)
    return VerifyReport(target, verdict, plan, results, _advice(target) if advisors else None)


def _advice(target: Target) -> "Advice":
    from sbapply.verbs.advisors import ask_advisors

    return ask_advisors(target)


def _proved_at_once(target: Target) -> tuple[Plan | None, Verdict | None]:
    """Prove and read the history in one request, which takes every file for applied.

    There is no verdict where one of them is not, nor a plan where one does not run on a scratch Postgres: it may
    not be applied.
    """
    migrations = target.folder.migrations
    if any(migration.problem is not None for migration in migrations):
        return None, None
    try:
        rehearsal = target.rehearser.replay(migrations)
    except RehearsalFailed:
        return None, None
    versions = [migration.version for migration in migrations]
    state, verdict = prove_with_state(
        target.database,
        rehearsal.claims_for(versions),
        versions=versions,
        patience=target.patience.read,
        clock=target.clock,
        rehearsed_on=rehearsal.server_version,
    )
    plan = plan_for(target, state)
    return plan, verdict if len(applied_migrations(target, plan)) == len(migrations) else None


def _proved(target: Target, applied: Sequence[Migration]) -> Verdict:
    """Prove what the applied files claim."""
    rehearsal = target.rehearser.replay(applied)
    versions = [migration.version for migration in applied]
    return prove(
        target.database,
        rehearsal.claims_for(versions),
        versions=versions,
        patience=target.patience.read,
        rehearsed_on=rehearsal.server_version,
    )


def applied_migrations(target: Target, plan: Plan) -> Sequence[Migration]:
    """Return the files whose versions are in the history, in order; an edited file stands for what it says now."""
    files = {entry.file for entry in plan.of_state(State.APPLIED, State.EDITED)}
    return [migration for migration in target.folder.migrations if migration.file in files]
