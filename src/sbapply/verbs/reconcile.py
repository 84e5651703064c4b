"""Give the rows of a history the versions of the files that hold their texts."""

from collections.abc import Iterator, Sequence
from functools import partial

from sbapply.database import Json
from sbapply.history.pairing import Pair
from sbapply.history.reconciliation import Reconciliation, reconcile_history
from sbapply.history.state import HistoryRow, read_state, read_stored_texts
from sbapply.verbs.rewriting import RewriteReport, RewriteSteps, rewrite
from sbapply.verbs.target import Target


def reconcile(
    target: Target,
    steps: RewriteSteps,
    *,
    drop: Sequence[str] = (),
    by_name: bool = False,
    dry_run: bool = False,
) -> RewriteReport:
    """Relabel rows whose text a file of another version holds, and drop the rows that are named; nothing is run.

    One transaction, and only if the history is the one that was shown. One request to read, one more where stored
    texts must be compared, one to write. Raises ``UsageError`` for a row that cannot be dropped so, ``ReadFailed``,
    ``SqlError`` or ``NotSent``; what happens from then on the report carries.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    found = reconcile_history(
        target.folder,
        state,
        read_stored=partial(read_stored_texts, target.database, patience=target.patience.read, clock=target.clock),
        drop=drop,
        by_name=by_name,
    )
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
    called = f"{row.version} {row.name or ''}".rstrip()
    if row.digest is None:
        return (
            f"{called} has no file, and the history holds no text of it: `sbapply reconcile --by-name` takes it "
            f"for the file of its name if there is one, `--drop {row.version}` forgets it."
        )
    return (
        f"{called} has no file, and no file has its text: `sbapply fetch` writes it as one, "
        f"`sbapply reconcile --drop {row.version}` forgets it."
    )
