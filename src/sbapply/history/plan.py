"""Hold the folder against the history: what is applied, pending, edited, missing or refused."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sbapply.errors import UsageError
from sbapply.history.compare import same_text
from sbapply.history.digest import digest_of_texts
from sbapply.history.pairing import LooseFile, Pair, pair, texts_needed
from sbapply.history.progress import Progress, UnitRow, progress_of
from sbapply.history.ready import Ready, claim_problem, prepare
from sbapply.history.state import HistoryRow, RemoteState
from sbapply.migrations.files import Folder, Migration, Problem, duplicated_versions
from sbapply.migrations.likely import likely_stored
from sbapply.migrations.statements import SplitText, split_migration

ReadStored = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]


class State(StrEnum):
    """Name what a version or a file is, as ``status`` says it."""

    APPLIED = "applied"
    PENDING = "pending"
    EDITED = "edited"
    OUT_OF_ORDER = "out-of-order"
    MISSING_FILE = "missing-file"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"
    HALF_APPLIED = "half-applied"
    RELABELLED = "relabelled"


_MAY_BE_RELABELLED = (State.PENDING, State.OUT_OF_ORDER, State.UNREADABLE)


_UNTOLD = ", and the history holds no text of it"
_TRACED = "traces of its parts are left from a push that did not finish it"


@dataclass(frozen=True, slots=True)
class Entry:
    """Account for one file or one history row."""

    version: str
    name: str
    file: str | None
    state: State
    reason: str = ""

    @property
    def untold(self) -> bool:
        """Tell whether it is a row of which neither the folder nor the history has a text."""
        return self.state is State.MISSING_FILE and _UNTOLD in self.reason

    @property
    def traced(self) -> bool:
        """Tell whether it is in the history although traces are left of a push that had begun with it."""
        return _TRACED in self.reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """Hold a pending migration that push refuses, and why."""

    migration: Migration
    problem: Problem


@dataclass(frozen=True, slots=True)
class Plan:
    """Account for everything in the folder and the history.

    ``ready`` is what push would send, in order; where ``refusals`` is not empty push sends nothing.
    """

    entries: tuple[Entry, ...]
    ready: tuple[Ready, ...]
    refusals: tuple[Refusal, ...]

    def of_state(self, *states: State) -> tuple[Entry, ...]:
        """Return the entries in one of these states."""
        return tuple(entry for entry in self.entries if entry.state in states)


def make_plan(
    folder: Folder,
    state: RemoteState,
    *,
    read_stored: ReadStored,
    include_all: bool = False,
    to: str | None = None,
    again: Collection[str] = (),
) -> Plan:
    """Plan what a push of ``folder`` onto ``state`` would do.

    ``again`` are the words (``Progress.is_meant``) of a person who says that the statement of which nobody can tell
    took no effect.
    ``include_all`` admits files older than the newest applied one; ``to`` leaves out what is newer than that
    version. A file that is not applied, but whose text is that of a row without a file, is relabelled, and is
    refused whatever is admitted: it would run twice. ``read_stored`` is called at most once, with the versions
    whose stored text has another digest than the file's. Raises ``UsageError`` if ``to`` names no file.
    """
    if to is not None and to not in {migration.version for migration in folder.migrations}:
        raise UsageError(
            f"No migration in {folder.path} has the version {to}.", "Run `sbapply status` to see them."
        )
    rows = {row.version: row for row in state.rows}
    duplicates = duplicated_versions(folder.migrations)
    newest = max(rows, default="")
    entries: list[Entry] = []
    ready: list[Ready] = []
    refusals: list[Refusal] = []
    suspects: dict[int, tuple[Migration, HistoryRow]] = {}
    loose: dict[str, LooseFile] = {}
    for migration in folder.migrations:
        row = rows.get(migration.version)
        if row is not None:
            entry = _applied_entry(migration, row, duplicated=migration.version in duplicates)
            if entry.state is State.EDITED:
                suspects[len(entries)] = (migration, row)
            entries.append(entry)
            continue
        progress = progress_of(state.units, migration.version)
        judged = _judge(migration, newest, duplicates, progress, include_all=include_all, again=again)
        entry = _pending_entry(migration, judged, progress)
        if entry.state in _MAY_BE_RELABELLED and migration.problem is None:
            loose[migration.file] = LooseFile(migration)
        if to is not None and migration.version > to:
            entries.append(replace(entry, reason=entry.reason or f"held back: it is behind {to}"))
            continue
        entries.append(entry)
        if isinstance(judged, Ready):
            ready.append(judged)
        else:
            refusals.append(Refusal(migration, judged))
    versions = {migration.version for migration in folder.migrations}
    missing = [row for row in state.rows if row.version not in versions]
    needed = texts_needed(list(loose.values()), missing)
    asked = [row.version for _, row in suspects.values()] + list(needed)
    stored = read_stored(asked) if asked else {}
    _settle_suspects(entries, suspects, stored)
    pairs = pair(list(loose.values()), missing, stored)
    _relabel(entries, pairs)
    ready, refusals = _without_relabelled(ready, refusals, pairs)
    files = {each.row.version: each.migration.file for each in pairs}
    entries += [_missing_entry(row, files.get(row.version)) for row in missing]
    entries += [
        _lost_entry(version)
        for version in sorted({unit.version for unit in state.units if unit.unit >= 0} - versions - rows.keys())
    ]
    entries = _with_traces(entries, state.traced)
    entries.sort(key=lambda entry: (entry.version, entry.name))
    entries += [Entry("", "", skipped.file, State.SKIPPED, skipped.reason) for skipped in folder.skipped]
    return Plan(tuple(entries), tuple(ready), tuple(refusals))


def _judge(
    migration: Migration,
    newest: str,
    duplicates: frozenset[str],
    progress: Progress,
    *,
    include_all: bool,
    again: Collection[str],
) -> Ready | Problem:
    if migration.version in duplicates:
        return Problem(
            "duplicate-version",
            f"another file has the version {migration.version} too",
            "Give each file a version of its own by renaming all but one.",
        )
    # What is half applied has to be finished, whatever came behind it meanwhile.
    if migration.version < newest and not include_all and not progress.under_way:
        return Problem(
            "out-of-order",
            f"it is older than {newest}, which is applied",
            "`sbapply rebase` renames it behind that one; or run again with --include-all to apply it as it is.",
        )
    ready = prepare(migration, progress)
    if isinstance(ready, Problem) or progress.is_meant(again):
        return ready
    return claim_problem(ready) or ready


def _pending_entry(migration: Migration, judged: Ready | Problem, progress: Progress) -> Entry:
    if progress.under_way:
        reason = _how_far(judged, progress)
        return Entry(migration.version, migration.name, migration.file, State.HALF_APPLIED, reason)
    if isinstance(judged, Ready):
        return Entry(migration.version, migration.name, migration.file, State.PENDING)
    states = {"duplicate-version": State.DUPLICATE, "out-of-order": State.OUT_OF_ORDER}
    state = states.get(judged.code, State.UNREADABLE)
    place = f" at {judged.place.line}:{judged.place.column}" if judged.place else ""
    return Entry(migration.version, migration.name, migration.file, state, f"{judged.reason}{place}")


def _how_far(judged: Ready | Problem, progress: Progress) -> str:
    """Say how far a migration of several parts has come."""
    if isinstance(judged, Problem):
        return judged.reason
    done = f"{len(progress.finished)} of its {judged.count} parts are applied"
    claim = progress.claim
    if claim is None:
        return done
    how = "with another text" if judged.claim is None else _how_claimed(claim)
    return f"{done}; a statement of part {claim.unit} was claimed {how}"


def _how_claimed(claim: UnitRow) -> str:
    """Say how far a claimed statement may have come; a block has noted it."""
    if claim.note.get("block") is not True:
        return "and may have run"
    if claim.note.get("ended") is True:
        return "and has run to its end"
    return "and has begun" if claim.note.get("begun") is True else "and has not begun"


def _applied_entry(migration: Migration, row: HistoryRow, *, duplicated: bool) -> Entry:
    """Return the entry of a file whose version is in the history; EDITED until the stored text is looked at."""

    def entry(state: State, reason: str = "") -> Entry:
        return Entry(migration.version, migration.name, migration.file, state, reason)

    if duplicated and migration.name != row.name:
        return entry(State.DUPLICATE, f"the version is applied, as {row.name or 'a row without a name'}")
    if row.digest is None:
        return entry(State.APPLIED, "the history holds no text to compare with")
    if migration.problem is None and digest_of_texts(likely_stored(migration.text)) == row.digest:
        return entry(State.APPLIED)
    split = split_migration(migration)
    if not isinstance(split, SplitText):
        if migration.problem is None:
            return entry(State.EDITED)
        return entry(State.UNREADABLE, f"the version is applied; {split.reason}")
    if digest_of_texts(split.stored()) == row.digest:
        return entry(State.APPLIED)
    return entry(State.EDITED)


def _settle_suspects(
    entries: list[Entry],
    suspects: Mapping[int, tuple[Migration, HistoryRow]],
    stored: Mapping[str, Sequence[str]],
) -> None:
    for index, (migration, row) in suspects.items():
        if same_text(stored.get(row.version, ()), migration.text):
            entries[index] = replace(entries[index], state=State.APPLIED)
        else:
            entries[index] = replace(entries[index], reason="the file's text differs from the one that was applied")


def _relabel(entries: list[Entry], pairs: Sequence[Pair]) -> None:
    """Say of each file that a row without a file has its text that it is relabelled."""
    rows = {each.migration.file: each.row for each in pairs}
    for index, entry in enumerate(entries):
        row = rows.get(entry.file or "")
        if row is not None:
            reason = f"its text is applied as {_called(row)}"
            entries[index] = replace(entry, state=State.RELABELLED, reason=reason)


def _without_relabelled(
    ready: Sequence[Ready], refusals: Sequence[Refusal], pairs: Sequence[Pair]
) -> tuple[list[Ready], list[Refusal]]:
    """Return what would be sent and what is refused, with what would run twice among the latter."""
    rows = {each.migration.file: each.row for each in pairs}
    planned = [*(each.migration for each in ready), *(each.migration for each in refusals)]
    twice = [
        Refusal(
            migration,
            Problem(
                "relabelled",
                f"its text is applied already, as {_called(rows[migration.file])}, which has no file here",
                "Run `sbapply reconcile` to give that row the file's version; should it run once more, give the "
                "row a file of its own first (`sbapply fetch`).",
            ),
        )
        for migration in planned
        if migration.file in rows
    ]
    others = [each for each in refusals if each.migration.file not in rows]
    left = [each for each in ready if each.migration.file not in rows]
    return left, sorted((*others, *twice), key=lambda each: (each.migration.version, each.migration.name))


def _called(row: HistoryRow) -> str:
    return f"{row.version} {row.name or ''}".rstrip()


def _with_traces(entries: Sequence[Entry], traced: Collection[str]) -> list[Entry]:
    """Say of versions that are in the history that traces of their parts are left."""
    return [
        replace(
            entry,
            reason=f"{f'{entry.reason}; ' if entry.reason else ''}{_TRACED}; the next push that applies something, "
            f"or `sbapply repair applied {entry.version}`, clears them",
        )
        if entry.version in traced
        else entry
        for entry in entries
    ]


def _lost_entry(version: str) -> Entry:
    reason = "some of its parts are applied, but no file here has the version"
    return Entry(version, "", None, State.HALF_APPLIED, reason)


def _missing_entry(row: HistoryRow, file: str | None) -> Entry:
    reason = "applied, but no file here has the version"
    if file is not None:
        reason += f"; {file} has its text"
    elif row.digest is None:
        reason += _UNTOLD
    return Entry(row.version, row.name or "", None, State.MISSING_FILE, reason)
