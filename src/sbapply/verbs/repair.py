"""Write or remove rows of the history for versions that somebody names, and run nothing."""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from sbapply.errors import UsageError
from sbapply.history.progress import progress_of
from sbapply.history.ready import prepare
from sbapply.history.rewrite import Change, Put, Take
from sbapply.history.state import RemoteState, read_state
from sbapply.migrations.files import Migration, Problem, duplicated_versions
from sbapply.migrations.unit import Effect
from sbapply.verbs.rewriting import RewriteReport, RewriteSteps, put_that_fits, rewrite
from sbapply.verbs.target import Target

Word: TypeAlias = Literal["applied", "reverted"]


def repair(
    target: Target, word: Word, versions: Sequence[str], steps: RewriteSteps, *, dry_run: bool = False
) -> RewriteReport:
    """Record ``versions`` as applied, with the text of their files, or remove their rows; the schema stays.

    As the official CLI's ``migration repair``, but all in one transaction and only if the history is the one that
    was shown. One request to read, one to write. Raises ``UsageError`` for a version that cannot be repaired so,
    ``ReadFailed``, ``SqlError`` or ``NotSent``; what happens from then on the report carries.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    wanted = tuple(dict.fromkeys(versions))
    for version in wanted:
        _check_push_cannot_settle(target, state, version)
    changes = list(_applied(target, state, wanted) if word == "applied" else _reverted(state, wanted))
    changed = {change.version for change in changes}
    notes = [
        f"{version} is {'applied with this text' if word == 'applied' else 'not in the history'} already."
        for version in wanted
        if version not in changed
    ]
    return rewrite("repair", target, state, changes, steps, dry_run=dry_run, notes=notes)


def stored_text(migration: Migration) -> tuple[str, ...]:
    """Return the statements that a push of a file would store; one that cannot be split is stored as it is."""
    ready = prepare(migration)
    return (migration.text,) if isinstance(ready, Problem) else tuple(ready.statements)


def _applied(target: Target, state: RemoteState, versions: Sequence[str]) -> Iterator[Change]:
    files = {migration.version: migration for migration in target.folder.migrations}
    duplicates = duplicated_versions(target.folder.migrations)
    rows = {row.version: row for row in state.rows}
    for version in versions:
        migration = files.get(version)
        if migration is None:
            raise UsageError(
                f"No file in {target.folder.path} has the version {version}, so there is no text to record.",
                "Run `sbapply status` to see the versions.",
            )
        if version in duplicates:
            raise UsageError(
                f"Several files have the version {version}.",
                "Give each a version of its own by renaming all but one.",
            )
        if migration.problem is not None:
            raise UsageError(
                f"{migration.file} has no text to record: {migration.problem.reason}.", migration.problem.next_step
            )
        put = put_that_fits(state, (), Put(version, migration.name, stored_text(migration)), target.limits)
        if put.row != rows.get(version) or progress_of(state.units, version).rows:
            yield put


def _reverted(state: RemoteState, versions: Sequence[str]) -> Iterator[Change]:
    there = {row.version for row in state.rows} | {unit.version for unit in state.units}
    for version in versions:
        if version in there:
            yield Take(version)


def _check_push_cannot_settle(target: Target, state: RemoteState, version: str) -> None:
    """Raise ``UsageError`` where a push waits for a word on a statement that nobody can tell of, and may send it.

    What another claim has left is undone with the rewriting, and so is this one's where no push takes it up.
    """
    claim = progress_of(state.units, version).claim
    pending = version not in state.versions and any(each.version == version for each in target.folder.migrations)
    if claim is not None and pending and claim.note.get("effect") == Effect.ONCE:
        raise UsageError(
            f"A statement of part {claim.unit} of {version} was claimed by a push, and nobody can tell of it.",
            f"Settle it: `sbapply push --done {claim.word}` if it took effect, `--again {claim.word}` if not.",
        )
