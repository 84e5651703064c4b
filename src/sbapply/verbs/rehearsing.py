"""Rehearse a plan: replay every file from nothing, or clone the project's schema and run what is pending."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sbapply.errors import RehearsalFailed, SbapplyError
from sbapply.history.plan import Plan, State
from sbapply.migrations.files import Migration
from sbapply.verbs.failure import file_of
from sbapply.verbs.target import Target
from sbapply.verbs.verify import applied_migrations

if TYPE_CHECKING:
    from sbapply.rehearse.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Hold what a rehearsal came to.

    ``rehearsal`` is None where none could be had, and ``note`` says why; ``refusal`` is set where a pending
    migration failed in a way that the project would meet too.
    """

    rehearsal: "Rehearsal | None"
    note: str = ""
    refusal: RehearsalFailed | None = None


def rehearse_plan(target: Target, plan: Plan, *, roles: Migration | None = None) -> Rehearsed:
    """Rehearse what a plan holds, on a Postgres of our own.

    All files are replayed from nothing where the folder holds every applied version. Where it does not, where an
    applied file fails (the project took it), or where a pending one does (the project may hold what no file made),
    the project's schema is cloned, which takes one request, and only what is pending is run. ``roles`` are run
    before a replay, as a push runs them before the migrations. Raises nothing of the error tree: without a
    rehearsal the note says why.
    """
    pending = [ready.version for ready in plan.ready]
    if plan.of_state(State.MISSING_FILE):
        return _cloned(target, plan, None)
    try:
        first = [roles] if roles is not None else []
        return Rehearsed(target.rehearser.replay([*first, *migrations_of(target, plan)], pending))
    except RehearsalFailed as error:
        return _cloned(target, plan, error)
    except SbapplyError as error:
        return Rehearsed(None, _note(error))


def migrations_of(target: Target, plan: Plan) -> list[Migration]:
    """Return what is applied and what would be, in order: what the project comes to."""
    migrations = [*applied_migrations(target, plan), *(ready.migration for ready in plan.ready)]
    return sorted(migrations, key=lambda migration: (migration.version, migration.name))


def _cloned(target: Target, plan: Plan, failure: RehearsalFailed | None) -> Rehearsed:
    """Rehearse on a clone what cannot be replayed; where that cannot be had, judge the replay's ``failure``."""
    pending = [ready.version for ready in plan.ready]
    if not pending or plan.of_state(State.HALF_APPLIED):
        # Half of a file is in the clone already, and a rehearsal runs files whole.
        return _judged(failure, pending)
    try:
        return Rehearsed(target.rehearser.clone(target.database, [ready.migration for ready in plan.ready]))
    except RehearsalFailed as error:
        return _judged(error, pending)
    except SbapplyError as error:
        return _judged(failure, pending) if failure is not None else Rehearsed(None, _note(error))


def _judged(failure: RehearsalFailed | None, pending: Sequence[str]) -> Rehearsed:
    """Turn the failure of a pending migration into a refusal, unless the project could take it all the same."""
    if failure is None:
        return Rehearsed(None, "not rehearsed: applied versions have no file here")
    note = _note(failure)
    if failure.version not in pending:
        return Rehearsed(None, note)
    if failure.doubt:
        return Rehearsed(None, f"{note} ({failure.doubt}; the push goes on)")
    return Rehearsed(None, note, failure)


def _note(error: SbapplyError) -> str:
    where = error.place or file_of(error)
    return f"not rehearsed: {where}: {error.message}" if where else f"not rehearsed: {error.message}"
