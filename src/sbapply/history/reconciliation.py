"""Say how the versions of a history become those of the files that hold its texts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sbapply.errors import UsageError
from sbapply.history.pairing import LooseFile, Pair, pair
from sbapply.history.plan import ReadStored
from sbapply.history.progress import progress_of
from sbapply.history.rewrite import Change, Relabel, Take
from sbapply.history.state import HistoryRow, RemoteState
from sbapply.migrations.files import Folder, Migration, duplicated_versions


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Hold the changes that make a history tell the versions of the files.

    ``pairs`` are those that are relabelled; ``blocked`` are those that cannot be, because a row of another text has
    the file's version; ``left`` are rows whose version is no file's and whose text is none's.
    """

    pairs: tuple[Pair, ...]
    blocked: tuple[Pair, ...]
    left: tuple[HistoryRow, ...]
    dropped: tuple[str, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return the changes of the rows."""
        relabels = (Relabel(each.row.version, each.migration.version, each.migration.name) for each in self.pairs)
        return (*map(Take, self.dropped), *relabels)


def reconcile_history(
    folder: Folder,
    state: RemoteState,
    *,
    read_stored: ReadStored,
    drop: Collection[str] = (),
    by_name: bool = False,
) -> Reconciliation:
    """Return the fewest relabelings after which every row whose text a file holds has that file's version.

    No row goes away but those of ``drop``. With ``by_name`` a row without text is taken for the file of its name,
    if there is one of each. ``read_stored`` is called at most once. Raises ``UsageError`` for a version of ``drop``
    that is not in the history, or that stands for its file.
    """
    files, pinned = _loose_files(folder, state)
    rows = {row.version: row for row in state.rows}
    apart = [file for file in files if not _stands_for(rows.get(file.migration.version), file)]
    loose = _loose_rows(state.rows, files, apart, pinned)
    stored = _read(read_stored, apart, loose)
    own = {file.migration.version: file for file in apart}
    settled = {
        each.row.version for row in loose if row.version in own for each in pair([own[row.version]], [row], stored)
    }
    _check_drops(drop, rows, {row.version for row in loose} - settled)
    apart = [file for file in apart if file.migration.version not in settled]
    loose = [row for row in loose if row.version not in settled and row.version not in drop]
    pairs = pair(apart, loose, stored)
    if by_name:
        pairs = (*pairs, *_named(apart, loose, pairs))
    made, blocked = _possible(pairs, loose)
    paired = {each.row.version for each in (*made, *blocked)}
    versions = {migration.version for migration in folder.migrations}
    left = tuple(row for row in loose if row.version not in paired and row.version not in versions)
    return Reconciliation(made, blocked, left, tuple(dict.fromkeys(drop)))


def _loose_files(folder: Folder, state: RemoteState) -> tuple[list[LooseFile], frozenset[str]]:
    """Return the files that can be paired, and the versions of those that cannot."""
    duplicates = duplicated_versions(folder.migrations)
    applied = frozenset(state.versions)
    files: list[LooseFile] = []
    pinned: set[str] = set()
    for migration in folder.migrations:
        version = migration.version
        # A version that is under way has to be finished first, and one of several files is nobody's.
        under_way = version not in applied and progress_of(state.units, version).under_way
        if migration.problem or version in duplicates or under_way:
            pinned.add(version)
        else:
            files.append(LooseFile(migration))
    return files, frozenset(pinned)


def _loose_rows(
    rows: Sequence[HistoryRow], files: Sequence[LooseFile], apart: Sequence[LooseFile], pinned: Collection[str]
) -> list[HistoryRow]:
    theirs = {file.migration.version for file in files} - {file.migration.version for file in apart}
    return [row for row in rows if row.version not in theirs and row.version not in pinned]


def _stands_for(row: HistoryRow | None, file: LooseFile) -> bool:
    """Tell whether a row of the file's version is the file's without a look at its text."""
    return row is not None and row.digest in (None, file.digest)


def _read(
    read_stored: ReadStored, files: Sequence[LooseFile], rows: Sequence[HistoryRow]
) -> Mapping[str, Sequence[str]]:
    # A name may tell that a file is another row's than the one of its digest, so no text is left out here.
    needed = [row.version for row in rows if row.digest is not None] if files else []
    return read_stored(needed) if needed else {}


def _named(files: Sequence[LooseFile], rows: Sequence[HistoryRow], pairs: Sequence[Pair]) -> list[Pair]:
    """Pair rows that hold no text with the files of their names, where a name is one row's and one file's."""
    paired = {each.migration.file for each in pairs}
    free = [file.migration for file in files if file.migration.file not in paired]
    silent = [row for row in rows if row.digest is None]

    def only(name: str | None) -> Migration | None:
        found = [migration for migration in free if migration.name == name]
        alone = sum(row.name == name for row in silent) == 1
        return found[0] if len(found) == 1 and alone else None

    return [Pair(row, migration) for row in silent if (migration := only(row.name)) is not None]


def _possible(pairs: Sequence[Pair], loose: Sequence[HistoryRow]) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Part the pairs whose file's version is, or becomes, free from those where another row keeps it."""
    made = list(pairs)
    while True:
        keeping = {row.version for row in loose} - {each.row.version for each in made}
        left = [each for each in made if each.migration.version not in keeping]
        if len(left) == len(made):
            return tuple(made), tuple(each for each in pairs if each not in made)
        made = left


def _check_drops(drop: Collection[str], rows: Mapping[str, HistoryRow], loose: Collection[str]) -> None:
    for version in drop:
        if version not in rows:
            raise UsageError(f"{version} is not in the history.", "Run `sbapply status` to see the versions.")
        if version not in loose:
            raise UsageError(
                f"The row of {version} stands for its file here.",
                f"If it is to be forgotten all the same: `sbapply repair reverted {version}`.",
            )
