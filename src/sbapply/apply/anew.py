"""Read the history again and go on from what it holds."""

from collections.abc import Callable, Mapping

from sbapply.apply.failure import history_conflict
from sbapply.apply.ledger import Ledger
from sbapply.database import Clock, Database, Patience
from sbapply.errors import HistoryMoved, ReadFailed
from sbapply.history.plan import Plan, State
from sbapply.history.progress import progress_of
from sbapply.history.ready import Ready, prepare
from sbapply.history.state import HistoryRow, RemoteState, read_state
from sbapply.migrations.files import Problem
from sbapply.migrations.unit import Hints

Replan = Callable[[RemoteState], Plan]


def plan_anew(
    database: Database,
    ledger: Ledger,
    replan: Replan,
    hints: Mapping[str, Hints],
    *,
    patience: Patience,
    clock: Clock,
) -> None:
    """Read the state, plan again, and bring the books to it; what was agreed to may only become less.

    One request, or two. Raises ``HistoryMoved`` where what is pending no longer fits, ``HistoryConflict`` where a
    version of it is there with another text, and as ``read_state``.
    """
    if not ledger.pending:
        return
    try:
        ledger.state = read_state(database, patience=patience.read, clock=clock)
    except ReadFailed as error:
        raise ReadFailed(
            error.message, "What is listed as applied is applied; run `sbapply push` again to go on from there."
        ) from error
    agreed = {ready.version for ready in ledger.pending}
    plan = replan(ledger.state)
    known = {row.version: row for row in ledger.state.rows}
    found = [ready for ready in ledger.pending if ready.version in known]
    for ready in found:
        if known[ready.version].digest != ready.digest and not _is_the_same(plan, ready, known[ready.version]):
            raise history_conflict(ready)
    refused = [refusal for refusal in plan.refusals if refusal.migration.version in agreed]
    if refused:
        raise HistoryMoved(
            f"Somebody else changed the history meanwhile; {refused[0].migration.file} no longer fits: "
            f"{refused[0].problem.reason}.",
            "Run `sbapply status`, then push again.",
        )
    ledger.note_elsewhere(found)
    ledger.pending = [_from_where_it_is(ready, ledger.state, hints) for ready in ledger.pending]


def _is_the_same(plan: Plan, ready: Ready, row: HistoryRow) -> bool:
    """Tell whether a row holds the text of a migration, however another tool has cut that."""
    return row.digest is not None and any(
        each.file == ready.migration.file and each.state is State.APPLIED for each in plan.entries
    )


def _from_where_it_is(ready: Ready, state: RemoteState, hints: Mapping[str, Hints]) -> Ready:
    """Return a pending migration as far as the history that was just read has it."""
    progress = progress_of(state.units, ready.version)
    learnt = hints.get(ready.version, ready.hints)
    if progress == ready.progress and learnt == ready.hints:
        return ready
    if len(progress.finished) < len(ready.progress.finished):
        raise HistoryMoved(
            f"The rows of finished parts of {ready.migration.file} are gone from "
            "supabase_migrations.sbapply_units; sent again, those parts would run twice.",
            "Look who removed them: a statement of the file itself, or another run.",
        )
    anew = prepare(ready.migration, progress, learnt)
    if isinstance(anew, Problem):
        raise HistoryMoved(
            f"Somebody else got on with {ready.migration.file} meanwhile, and it no longer fits: {anew.reason}.",
            anew.next_step,
        )
    return anew
