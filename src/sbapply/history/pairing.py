"""Find the files whose text stands in the history under another version."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sbapply.history.compare import Wording, same_wording, wording_of
from sbapply.history.digest import digest_of_texts
from sbapply.history.state import HistoryRow
from sbapply.migrations.files import Migration
from sbapply.migrations.statements import SplitText, split_migration


class LooseFile:
    """Hold a file that no row of its version stands for, and what it is compared by."""

    def __init__(self, migration: Migration) -> None:
        self.migration = migration

    @cached_property
    def digest(self) -> str:
        """Return the digest of what a push of the file would store."""
        split = split_migration(self.migration)
        stored = split.stored() if isinstance(split, SplitText) else (self.migration.text,)
        return digest_of_texts(stored)

    @cached_property
    def wording(self) -> Wording:
        """Return what is compared of its text."""
        return wording_of([self.migration.text])


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold a row and the file that has its text; ``others`` are the versions that have it too, rows and files."""

    row: HistoryRow
    migration: Migration
    others: tuple[str, ...] = ()


def texts_needed(files: Sequence[LooseFile], rows: Sequence[HistoryRow]) -> tuple[str, ...]:
    """Return the versions whose stored text must be read to tell whether a file has it: digests go first."""
    if not rows:
        return ()
    digests = {file.digest for file in files} & {row.digest for row in rows}
    left = [file for file in files if file.digest not in digests]
    return tuple(row.version for row in rows if row.digest not in (None, *digests)) if left else ()


def pair(
    files: Sequence[LooseFile], rows: Sequence[HistoryRow], stored: Mapping[str, Sequence[str]]
) -> tuple[Pair, ...]:
    """Pair rows and files of the same text, each once; ``stored`` holds texts of rows by version.

    Of several with one text those of the same name go together, the rest in the order of their versions. A text
    without a statement says nothing, so only its name can pair it.
    """
    if not files:
        return ()
    wordings = {
        row.version: wording_of(stored[row.version]) for row in rows if row.digest and row.version in stored
    }
    fitting = {row.version: [file for file in files if _same(row, file, wordings)] for row in rows}
    pairs: list[Pair] = []
    for by_name in (True, False):
        for row in rows:
            taken = {each.migration.file for each in pairs}
            if any(each.row == row for each in pairs):
                continue
            free = [file for file in fitting[row.version] if file.migration.file not in taken]
            named = [file for file in free if not by_name or file.migration.name == row.name]
            if named:
                others = () if by_name else _others(row, named[0], fitting)
                pairs.append(Pair(row, named[0].migration, others))
    return tuple(sorted(pairs, key=lambda each: each.row.version))


def _same(row: HistoryRow, file: LooseFile, wordings: Mapping[str, Wording]) -> bool:
    wording = wordings.get(row.version)
    same = row.digest == file.digest or (wording is not None and same_wording(wording, file.wording))
    return same and (bool(file.wording.words) or file.migration.name == row.name)


def _others(row: HistoryRow, file: LooseFile, fitting: Mapping[str, Iterable[LooseFile]]) -> tuple[str, ...]:
    """Return the versions of the other rows and files that hold the text of a pair."""
    rows = {version for version, files in fitting.items() if file in files} - {row.version}
    files = {each.migration.version for each in fitting[row.version]} - {file.migration.version}
    return tuple(sorted(rows | files))
