"""Prove that the project is what its applied migrations say, and what is asserted of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sbapply.database import Json
from sbapply.errors import EngineError, LocalMissing, RehearsalFailed
from sbapply.history.plan import Plan, State
from sbapply.history.state import read_state
from sbapply.migrations.files import Migration
from sbapply.verbs.assertions import asserted_in_files, asserted_in_migrations
from sbapply.verbs.claiming import Claiming, find_claims
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
        if self.verdict.outcome == "nothing-claimed" and any(
            result.status == "confirmed" for result in self.assertions
        ):
            return "partly-confirmed" if self.verdict.partial else "confirmed"
        return self.verdict.outcome

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

    Claims come from running the applied files on a scratch Postgres, those before the first that does not run
    there; of the others the verdict says that nothing is known. One request where every file is applied and runs,
    else two, another if stored texts must be compared, and one for each file that asserts anything. Raises
    ``Refused`` before anything is sent if what a file asserts, one that is not applied included, could do more than
    ask; ``ReadFailed``, ``SqlError`` or ``NotSent``.
    With ``advisors`` they are asked last.
    """
    files = asserted_in_files(target.assertions)
    lines = asserted_in_migrations(target.folder.migrations)
    proved = _proved_at_once(target) or _proved(target)
    names = {migration.file for migration in applied_migrations(target, proved.plan)}
    asserted = (*(each for each in lines if each.file in names), *files)
    results = run_assertions(target.database, asserted, patience=target.patience.read)
    unclaimed = tuple(proved.claiming.unclaimed(proved.plan, proved.verdict))
    verdict = replace(proved.verdict, unclaimed=unclaimed)
    return VerifyReport(target, verdict, proved.plan, results, _advice(target) if advisors else None)


def _advice(target: Target) -> "Advice":
    from sbapply.verbs.advisors import ask_advisors

    return ask_advisors(target)


@dataclass(frozen=True, slots=True)
class _Proved:
    """Hold what the history says, what is claimed of what is applied, and the verdict over that."""

    plan: Plan
    claiming: Claiming
    verdict: Verdict


def _proved_at_once(target: Target) -> _Proved | None:
    """Prove and read the history in one request, which takes every file for applied.

    Where not all of them are, what is applied is proved anew. None where one does not run on a scratch Postgres: it
    may not be applied.
    """
    migrations = target.folder.migrations
    if any(migration.problem is not None for migration in migrations):
        return None
    try:
        rehearsal = target.rehearser.replay(migrations)
    except (RehearsalFailed, LocalMissing, EngineError):
        return None
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
    if len(applied_migrations(target, plan)) != len(migrations):
        return _proved(target, plan)
    return _Proved(plan, Claiming(rehearsal, migrations), verdict)


def _proved(target: Target, plan: Plan | None = None) -> _Proved:
    """Prove what the applied files claim, as far as that can be found out; the history is read first if need be."""
    if plan is None:
        plan = plan_for(target, read_state(target.database, patience=target.patience.read, clock=target.clock))
    applied = applied_migrations(target, plan)
    claiming = find_claims(target.rehearser, applied)
    asked, told = claiming.claims()
    verdict = prove(
        target.database,
        asked,
        versions=[migration.version for migration in applied],
        patience=target.patience.read,
        rehearsed_on=claiming.rehearsal.server_version if claiming.rehearsal is not None else 0,
    )
    return _Proved(plan, claiming, replace(verdict, results=(*verdict.results, *told)))


def applied_migrations(target: Target, plan: Plan) -> Sequence[Migration]:
    """Return the files whose versions are in the history, in order; an edited file stands for what it says now."""
    files = {entry.file for entry in plan.of_state(State.APPLIED, State.EDITED)}
    return [migration for migration in target.folder.migrations if migration.file in files]
