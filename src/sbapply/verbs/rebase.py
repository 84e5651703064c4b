"""Rename files that are not applied so that they come behind what is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sbapply.database import Json
from sbapply.errors import SbapplyError, UsageError
from sbapply.history.progress import progress_of
from sbapply.history.state import RemoteState, read_state
from sbapply.migrations.files import Migration
from sbapply.migrations.versions import following, is_timestamp, next_version
from sbapply.verbs.failure import failure_json, outcome_of
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a file another version; its name and its text stay."""

    migration: Migration
    version: str

    @property
    def file(self) -> str:
        """Return the file's name as it is to be."""
        return f"{self.version}_{self.migration.name}.sql"

    def to_json(self) -> dict[str, Json]:
        """Return both ends."""
        folder, _, _ = self.migration.file.rpartition("/")
        return {
            "version": self.migration.version,
            "name": self.migration.name,
            "file": self.migration.file,
            "to": self.version,
            "to_file": f"{folder}/{self.file}",
        }


@dataclass(frozen=True, slots=True)
class RebaseReport:
    """Hold which files were renamed, or would be, and how it ended.

    ``done`` are those of ``renames`` that were made.
    """

    target: Target
    newest: str
    renames: tuple[Rename, ...] = ()
    done: tuple[Rename, ...] = ()
    outcome: str = "nothing-to-do"
    error: SbapplyError | None = None

    @property
    def exit_status(self) -> int:
        """Return the contract's exit code."""
        return self.error.exit_status if self.error is not None else 0

    def to_json(self) -> dict[str, Json]:
        """Return every rename, and how it ended."""
        return {
            "command": "rebase",
            **self.target.to_json(),
            "outcome": self.outcome,
            "newest_applied": self.newest or None,
            "renames": [each.to_json() for each in self.renames],
            "renamed": [each.version for each in self.done],
            "requests": self.target.database.requests,
            "error": failure_json(self.error) if self.error is not None else None,
        }


@dataclass(frozen=True, slots=True)
class RebaseSteps:
    """Hold how it speaks: ``show`` is given the report first, ``consent`` raises ``ConsentMissing`` for a no."""

    show: Callable[[RebaseReport], None]
    consent: Callable[[RebaseReport], None]


def rebase(target: Target, path: Path, steps: RebaseSteps, *, dry_run: bool = False) -> RebaseReport:
    """Rename the files in ``path`` that are not applied and older than what is, so that they come behind it.

    Their order among each other and before other pending files stays. Nothing is written to the project, which is
    asked once. Each rename is atomic and never over another file; the last comes first, so that a run that is cut
    short is completed by the next. Raises ``UsageError`` where versions are used up, ``ReadFailed``, ``SqlError``
    or ``NotSent``; what happens from then on the report carries.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    newest = _base(state)
    report = RebaseReport(target, newest, tuple(_renames(_unapplied(target, state), newest, datetime.now(UTC))))
    steps.show(report)
    if not report.renames:
        return report
    if dry_run:
        return replace(report, outcome="dry-run")
    done: list[Rename] = []
    try:
        steps.consent(report)
        for each in reversed(report.renames):
            _rename(path, each)
            done.insert(0, each)
    except SbapplyError as error:
        return replace(report, done=tuple(done), outcome=outcome_of(error), error=error)
    return replace(report, done=tuple(done), outcome="renamed")


def _base(state: RemoteState) -> str:
    """Return the newest version that is applied, or will be once what is half applied is finished."""
    return max((*state.versions, *(unit.version for unit in state.units if unit.unit >= 0)), default="")


def _unapplied(target: Target, state: RemoteState) -> Sequence[Migration]:
    """Return the files of which nothing is applied, in order.

    Where two have one version and it is applied, the one that goes by the row's name is.
    """
    rows = {row.version: row for row in state.rows}
    files: Mapping[str, set[str]] = {
        version: {each.name for each in target.folder.migrations if each.version == version} for version in rows
    }

    def is_free(migration: Migration) -> bool:
        row = rows.get(migration.version)
        if row is None:
            return not progress_of(state.units, migration.version).under_way
        return row.name is not None and row.name != migration.name and row.name in files[migration.version]

    return [migration for migration in target.folder.migrations if is_free(migration)]


def _renames(unapplied: Sequence[Migration], newest: str, now: datetime) -> Iterator[Rename]:
    """Yield the renames in order: the old files get versions behind ``newest`` and before what is behind it.

    They are numbered from ``now`` on, so that two people who do this at once come to other versions; where pending
    files are in the way, right behind ``newest``; and where that leaves no room, those are renamed too.
    """
    old = [migration for migration in unapplied if migration.version <= newest]
    behind = [migration for migration in unapplied if migration.version > newest]
    if not old:
        return
    numbered = _numbered(len(old), next_version(newest, now) if is_timestamp(newest) else following(newest))
    if behind and numbered[-1] >= behind[0].version:
        close = _numbered(len(old), following(newest))
        if close[-1] < behind[0].version:
            numbered = close
    yield from (Rename(migration, version) for migration, version in zip(old, numbered, strict=True))
    last = numbered[-1]
    for migration in behind:
        if migration.version > last:
            return
        last = following(last)
        yield Rename(migration, last)


def _numbered(count: int, first: str) -> list[str]:
    versions = [first]
    while len(versions) < count:
        versions.append(following(versions[-1]))
    return versions


def _rename(path: Path, rename: Rename) -> None:
    """Rename one file. Raises ``UsageError`` where there is one of that name, or it cannot be done."""
    before = path / f"{rename.migration.version}_{rename.migration.name}.sql"
    after = path / rename.file
    try:
        if after.exists() or after.is_symlink():
            raise UsageError(
                f"{after} is there already and is not written over.", "Move it away, and run this again."
            )
        before.rename(after)
    except OSError as error:
        raise UsageError(
            f"{before} cannot be renamed: {error.strerror or error}.", "See what changed, and run this again."
        ) from error
