"""Write rows of the history that have no file here into files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from sbapply.database import Json
from sbapply.errors import ReadFailed, Refused, SbapplyError, UsageError
from sbapply.history.compare import same_text
from sbapply.history.digest import digest_of_texts
from sbapply.history.fetched import hides_semicolon, text_of
from sbapply.history.state import HistoryRow, RemoteState, read_state, read_stored_texts
from sbapply.migrations.files import Migration
from sbapply.migrations.writing import file_name_of, write_new_files
from sbapply.verbs.failure import failure_json, outcome_of
from sbapply.verbs.target import Target


class FetchState(StrEnum):
    """Name what became of one row; ``TO_WRITE`` is one that a dry run or a refusal left."""

    WRITTEN = "written"
    TO_WRITE = "to-write"
    SAME = "same"
    DIFFERS = "differs"
    NO_TEXT = "no-text"
    NO_NAME = "no-name"


@dataclass(frozen=True, slots=True)
class Fetched:
    """Account for one row; ``file`` is the one that holds its text or another, None where there can be none."""

    version: str
    name: str
    file: str | None
    state: FetchState
    reason: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return all of it."""
        return {
            "version": self.version,
            "name": self.name or None,
            "file": self.file,
            "state": self.state.value,
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class FetchReport:
    """Hold every row that was asked for, and how it ended."""

    target: Target
    fetched: tuple[Fetched, ...]
    dry_run: bool = False
    error: SbapplyError | None = None

    @property
    def exit_status(self) -> int:
        """Return 4 where a file that differs stands in the way, so that none was written, else 0."""
        return self.error.exit_status if self.error is not None else 0

    @property
    def outcome(self) -> str:
        """Return the word for how it ended."""
        if self.error is not None:
            return outcome_of(self.error)
        states = {each.state for each in self.fetched}
        if not states & {FetchState.WRITTEN, FetchState.TO_WRITE}:
            return "nothing-to-do"
        return "dry-run" if self.dry_run else "written"

    def to_json(self) -> dict[str, Json]:
        """Return every row with its file, and how it ended."""
        return {
            "command": "fetch",
            **self.target.to_json(),
            "outcome": self.outcome,
            "files": [each.to_json() for each in self.fetched],
            "requests": self.target.database.requests,
            "error": failure_json(self.error) if self.error is not None else None,
        }


def fetch(
    target: Target, folder: Path, versions: Sequence[str] = (), *, every: bool = False, dry_run: bool = False
) -> FetchReport:
    """Write the stored text of rows into ``folder``, with the bytes that the official CLI's ``fetch`` writes.

    Rows are those of ``versions``, of the whole history with ``every``, else those whose version no file has. A
    file that is there is never written over: where one that was asked for holds another text, nothing is written.
    Read-only on the project, two requests, one where no row is asked for. Raises ``UsageError`` for a version that
    is not in the history or a file that cannot be written, ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    rows = _asked_for(target, state, versions, every=every)
    texts = _read_texts(target, rows)
    fetched = tuple(_look(target, folder, row, texts.get(row.version)) for row in rows)
    wanted = [each for each in fetched if each.state is FetchState.TO_WRITE]
    different = [each for each in fetched if each.state is FetchState.DIFFERS]
    if different:
        return FetchReport(target, fetched, dry_run, _refusal(different))
    if dry_run or not wanted:
        return FetchReport(target, fetched, dry_run)
    write_new_files(folder, {_last(each.file): text_of(texts[each.version]) for each in wanted})
    return FetchReport(
        target,
        tuple(replace(each, state=FetchState.WRITTEN) if each in wanted else each for each in fetched),
    )


def _asked_for(
    target: Target, state: RemoteState, versions: Sequence[str], *, every: bool
) -> tuple[HistoryRow, ...]:
    if every:
        return state.rows
    if versions:
        rows = {row.version: row for row in state.rows}
        missing = next((version for version in versions if version not in rows), None)
        if missing is not None:
            raise UsageError(
                f"{missing} is not in the history, so there is no text to fetch.",
                "Run `sbapply status` to see the versions.",
            )
        return tuple(rows[version] for version in sorted(set(versions), key=str.encode))
    here = {migration.version for migration in target.folder.migrations}
    return tuple(row for row in state.rows if row.version not in here)


def _read_texts(target: Target, rows: Sequence[HistoryRow]) -> Mapping[str, tuple[str, ...]]:
    """Return the stored statements of those rows that hold text, each as its row was read."""
    holding = {row.version: row.digest for row in rows if row.digest is not None}
    if not holding:
        return {}
    texts = read_stored_texts(target.database, list(holding), patience=target.patience.read, clock=target.clock)
    for version, digest in holding.items():
        if version not in texts or digest_of_texts(texts[version]) != digest:
            raise ReadFailed(
                f"The row of {version} changed while it was read; nothing was written.",
                "Run the same command again.",
            )
    return texts


def _look(target: Target, folder: Path, row: HistoryRow, stored: tuple[str, ...] | None) -> Fetched:
    """Say what is to become of a row."""
    name = row.name or ""
    own = file_name_of(row.version, name)
    file = None if own is None else f"{target.folder.path}/{own}"
    here = [migration for migration in target.folder.migrations if migration.version == row.version]
    if stored is None:
        reason = "the history holds no text of it"
        return Fetched(row.version, name, here[0].file if here else None, FetchState.NO_TEXT, reason)
    if here:
        return _held_against(here, row.version, name, stored)
    if own is None:
        reason = "no file can carry its version" if row.version else "it has no version"
        return Fetched(row.version, name, None, FetchState.NO_NAME, reason)
    path = folder / own
    if path.is_symlink() or path.exists():
        # The folder does not count it as a migration: a down migration, or a first init.
        same = path.is_file() and path.read_bytes() == text_of(stored).encode()
        state = FetchState.SAME if same else FetchState.DIFFERS
        return Fetched(row.version, name, file, state, "" if same else "it holds another text")
    return Fetched(row.version, name, file, FetchState.TO_WRITE, _remarks(own, row.version, name, stored))


def _held_against(here: Sequence[Migration], version: str, name: str, stored: Sequence[str]) -> Fetched:
    """Hold the files of a version against its row, as ``status`` does."""
    same = next((each for each in here if each.problem is None and same_text(stored, each.text)), None)
    if same is not None:
        return Fetched(version, name, same.file, FetchState.SAME)
    problem = here[0].problem
    reason = "it holds another text" if problem is None else f"it cannot be compared: {problem.reason}"
    return Fetched(version, name, here[0].file, FetchState.DIFFERS, reason)


def _remarks(file_name: str, version: str, name: str, stored: Sequence[str]) -> str:
    """Say what somebody has to know of a file that is written."""
    remarks = []
    if file_name != f"{version}_{name}.sql":
        remarks.append("its name in the history is no file name")
    if hides_semicolon(stored):
        remarks.append("a semicolon stands behind a comment in it: move it to a line of its own")
    return "; ".join(remarks)


def _refusal(different: Sequence[Fetched]) -> Refused:
    count = len(different)
    files = "1 file holds" if count == 1 else f"{count} files hold"
    return Refused(
        f"{files} another text than the history; nothing was written.",
        "Move what differs away to have the history's text, or name the other versions: `sbapply fetch VERSION`.",
    )


def _last(file: str | None) -> str:
    return (file or "").rpartition("/")[2]
