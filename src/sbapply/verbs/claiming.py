"""Find out what applied migrations claim, as far as their files run on a scratch Postgres."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sbapply.errors import EngineError, LocalMissing, RehearsalFailed
from sbapply.history.plan import Plan, State
from sbapply.migrations.files import Migration
from sbapply.migrations.statements import SplitText, split_migration
from sbapply.migrations.words import leading_words
from sbapply.verbs.failure import file_of
from sbapply.verbs.target import Rehearser
from sbapply.verify.unclaimed import Unclaimed, overtaken
from sbapply.verify.verdict import ClaimResult, Verdict

if TYPE_CHECKING:
    from sbapply.database import Json
    from sbapply.rehearse.rehearsal import Rehearsal
    from sbapply.verify.claims import Claim

_OF_ROWS = frozenset({"insert", "update", "delete", "select", "with", "merge", "truncate", "values"})


@dataclass(frozen=True, slots=True)
class Claiming:
    """Hold what is known of the claims of applied migrations.

    ``rehearsal`` is the one of ``rehearsed``, None where there is none; ``left`` came behind those and could not be
    rehearsed, which ``reason`` says of the first of them, or of all.
    """

    rehearsal: "Rehearsal | None"
    rehearsed: Sequence[Migration]
    left: Sequence[Migration] = ()
    reason: str = ""

    def claims(self) -> "tuple[list[Claim], list[ClaimResult]]":
        """Return the claims to ask about, and the results of those that a file of ``left`` may have overtaken."""
        if self.rehearsal is None:
            return [], []
        claims = self.rehearsal.claims_for([migration.version for migration in self.rehearsed])
        doubts = list(overtaken(claims, [migration.text for migration in self.left]) if self.left else ())
        if not doubts:
            return list(claims), []
        found: Json = {"reason": "a later migration, which could not be rehearsed, may have changed it"}
        asked = [claim for claim, doubt in zip(claims, doubts, strict=True) if not doubt]
        told = [claim for claim, doubt in zip(claims, doubts, strict=True) if doubt]
        return asked, [ClaimResult.of(claim, found, "not-probed") for claim in told]

    def unclaimed(self, plan: Plan, verdict: Verdict) -> Iterator[Unclaimed]:
        """Yield the applied migrations of ``plan`` of which ``verdict`` says nothing but that they are applied."""
        claimed = {result.version for result in verdict.results if result.kind != "history"}
        traced = {version for version, traces in self.rehearsal.traces if traces} if self.rehearsal else set()
        for entry in plan.of_state(State.MISSING_FILE):
            yield Unclaimed(entry.version, entry.name, "it is applied and has no file here", unknown=True)
        for migration in self.rehearsed:
            if migration.version not in claimed:
                reason = _nothing_left(migration, changed=migration.version in traced)
                yield Unclaimed(migration.version, migration.name, reason)
        for place, migration in enumerate(self.left):
            behind = place > 0 and self.rehearsal is not None
            reason = (
                f"its file comes behind one that was not rehearsed ({self.left[0].file})" if behind else self.reason
            )
            yield Unclaimed(migration.version, migration.name, reason, unknown=True)


def find_claims(rehearser: Rehearser, applied: Sequence[Migration]) -> Claiming:
    """Rehearse ``applied``; where one does not run, those before it. Raises nothing of what a rehearsal raises."""
    rehearsed, reason = list(applied), ""
    while rehearsed:
        try:
            return Claiming(rehearser.replay(rehearsed), rehearsed, applied[len(rehearsed) :], reason)
        except RehearsalFailed as error:
            reason = _reason(error)
            versions = [migration.version for migration in rehearsed]
            rehearsed = rehearsed[: versions.index(error.version)] if error.version in versions else []
        except (LocalMissing, EngineError) as error:
            return Claiming(None, (), applied, f"there is no Postgres to rehearse it on: {error.message}")
    return Claiming(None, (), applied, reason)


def _reason(error: RehearsalFailed) -> str:
    where = error.place or file_of(error)
    return f"{where}: {error.message}" if where else error.message


def _nothing_left(migration: Migration, *, changed: bool) -> str:
    if changed:
        return "later migrations changed all of it again"
    split = split_migration(migration)
    if not isinstance(split, SplitText):
        return "its text cannot be read"
    if not split.statements:
        return "it holds no statement"
    first = {
        next((word.text for word in leading_words(split.text, each.start, each.end)), "")
        for each in split.statements
    }
    if first <= _OF_ROWS:
        return "it is about rows, and nothing of the catalog changed"
    return "later migrations did it over, or it left the catalog as it was"
