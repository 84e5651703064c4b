"""Give the rows of a history the versions of the files that hold their texts."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from sbapply.database import Json
from sbapply.errors import LocalMissing, RehearsalFailed, SbapplyError, UsageError
from sbapply.history.pairing import Pair
from sbapply.history.reconciliation import Reconciliation, reconcile_history
from sbapply.history.rewrite import Put
from sbapply.history.state import HistoryRow, read_state, read_stored_texts
from sbapply.migrations.writing import write_new_files
from sbapply.verbs.repair import stored_text
from sbapply.verbs.rewriting import RewriteOutcome, RewriteReport, RewriteSteps, rewrite
from sbapply.verbs.target import Target


def reconcile(
    target: Target,
    folder: Path,
    steps: RewriteSteps,
    *,
    drop: Sequence[str] = (),
    by_name: bool = False,
    dry_run: bool = False,
) -> RewriteReport:
    """Relabel rows whose text a file of another version holds, and drop the rows that are named; nothing is run.

    Where all that is left is one row of which nobody has the text, its file is written (``reconcile_by_schema``),
    if the applied files run on a Postgres of our own. One transaction, and only if the history is the one that was
    shown. One request to read, one more where stored texts must be compared, one to write. Raises ``UsageError``
    for a row that cannot be dropped so, ``ReadFailed``, ``SqlError`` or ``NotSent``; what happens from then on the
    report carries.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    found = reconcile_history(
        target.folder,
        state,
        read_stored=partial(read_stored_texts, target.database, patience=target.patience.read, clock=target.clock),
        drop=drop,
        by_name=by_name,
    )
    lone = None if drop else _untold_alone(target, found)
    if lone is not None:
        with suppress(LocalMissing, RehearsalFailed):
            return reconcile_by_schema(target, folder, lone, steps, dry_run=dry_run)
    return rewrite(
        "reconcile",
        target,
        state,
        found.changes,
        steps,
        dry_run=dry_run,
        notes=tuple(_notes(found)),
        more={"without_file": [_row_json(row) for row in found.left]},
    )


def reconcile_by_schema(
    target: Target, folder: Path, version: str, steps: RewriteSteps, *, dry_run: bool = False
) -> RewriteReport:
    """Write the file of a version that has neither text nor file, and its text into the history; nothing is run.

    The text is what makes of the applied files' schema the one that the project has. The history changes first, in
    one transaction, and then the file is written to ``folder``, never over another: killed between the two,
    ``sbapply fetch`` writes it. Raises what ``untold`` and ``read_state`` do; what happens from then on the report
    carries.
    """
    from sbapply.verbs.untold import untold

    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    found = untold(target, state, version)
    path = folder / found.file_name
    if path.is_symlink() or path.exists():
        raise UsageError(
            f"{found.migration.file} is there, and is no migration that the history could be told by.",
            f"Move it away, or forget the row: `sbapply reconcile --drop {version}`.",
        )
    report = rewrite(
        "reconcile",
        target,
        state,
        [Put(version, found.migration.name, stored_text(found.migration))],
        steps,
        dry_run=dry_run,
        notes=(f"to be written: {found.migration.file}", *found.migration.text.splitlines(), *found.notes),
        more={"file": found.migration.file, "text": found.migration.text},
    )
    if report.outcome is RewriteOutcome.REWRITTEN:
        try:
            write_new_files(folder, {found.file_name: found.migration.text})
        except SbapplyError as error:
            # The row is written by now, whatever became of the file.
            error.next_step = f"The history holds its text now: `sbapply fetch {version}` writes the file."
            return replace(report, outcome=RewriteOutcome.FAILED, error=error)
    return report


def _untold_alone(target: Target, found: Reconciliation) -> str | None:
    """Return the version of the only row that is left, if it has no text, and no file here has its name."""
    if found.changes or found.blocked or len(found.left) != 1 or found.left[0].digest is not None:
        return None
    (row,) = found.left
    named = any(migration.name == row.name for migration in target.folder.migrations)
    return None if named else row.version


def _row_json(row: HistoryRow) -> dict[str, Json]:
    return {"version": row.version, "name": row.name, "text": row.digest is not None}


def _notes(found: Reconciliation) -> Iterator[str]:
    for each in found.pairs:
        if each.row.digest is None:
            yield f"{each.row.version}: the history holds no text of it; it was paired by its name alone."
        elif each.others:
            yield (
                f"{each.row.version}: the text is that of {', '.join(each.others)} too; "
                "they were paired in the order of their versions."
            )
    yield from map(_blocked, found.blocked)
    yield from map(_left, found.left)


def _blocked(pair: Pair) -> str:
    version = pair.migration.version
    return (
        f"{pair.row.version} has the text of {pair.migration.file}, but {version} is in the history with "
        f"another text, which no file holds: `sbapply reconcile --drop {version}` forgets that one."
    )


def _left(row: HistoryRow) -> str:
    called, named = f"{row.version} {row.name or ''}".rstrip(), shlex.quote(row.version)
    if row.digest is None:
        return (
            f"{called} has no file, and the history holds no text of it: "
            f"`sbapply reconcile --from-schema {named}` writes the file from what the project has beyond its "
            f"other files, `--by-name` takes it for the file of its name if there is one, `--drop {named}` "
            "forgets it."
        )
    return (
        f"{called} has no file, and no file has its text: `sbapply fetch` writes it as one, "
        f"`sbapply reconcile --drop {named}` forgets it."
    )
