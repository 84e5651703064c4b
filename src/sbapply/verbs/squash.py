"""Put one migration in the place of many, in the folder and in the history, once both are proved equal."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sbapply.apply.outcome import Notify
from sbapply.database import Json
from sbapply.errors import Interrupted, Refused, RehearsalFailed, UsageError
from sbapply.history.plan import Entry, State
from sbapply.history.rewrite import Change, Put, Take
from sbapply.history.state import RemoteState, read_state
from sbapply.migrations.archive import Archive, archives_of, lay_by, new_place
from sbapply.migrations.assertions import asserted_lines
from sbapply.migrations.data import DataStatement, data_statements
from sbapply.migrations.files import Migration, is_old_init
from sbapply.verbs.repair import stored_text
from sbapply.verbs.rewriting import (
    RewriteOutcome,
    RewriteReport,
    RewriteSteps,
    left_as_it_was,
    put_that_fits,
    rewrite,
)
from sbapply.verbs.status import plan_for
from sbapply.verbs.target import Target

if TYPE_CHECKING:
    from sbapply.rehearse.squashing import Squashed

_SETS = re.compile(
    r"(?:set\s+(?:local\s+|session\s+)?|select\s+(?:pg_catalog\s*\.\s*)?set_config\s*\(\s*')([\w.]+)", re.IGNORECASE
)
_CURES = {
    State.PENDING: "Push first: `sbapply push`.",
    State.OUT_OF_ORDER: "Push first: `sbapply push --include-all`.",
    State.HALF_APPLIED: "Push first: `sbapply push` goes on with it.",
    State.EDITED: "Undo the edit, or record the file as it is now: `sbapply repair applied VERSION`.",
    State.RELABELLED: "Give the row the file's version first: `sbapply reconcile`.",
    State.MISSING_FILE: "Write it to a file first: `sbapply fetch`.",
    State.DUPLICATE: "Give each file a version of its own first.",
    State.UNREADABLE: "Correct the file first.",
}


@dataclass(frozen=True, slots=True)
class SquashReport:
    """Hold what one file stands for, how it was proved, and how putting it there ended.

    ``files`` are the many, ``into`` the one, ``archive`` where the many are kept; ``data`` are their statements
    that change rows, ``assertions`` counts the lines of theirs. ``squashed`` is the proof; None where an earlier
    run, which this one goes on with, has it, or where there is nothing to do. ``way_back`` are the commands that
    undo it, and ``placed`` says that the one is there instead of the many.
    """

    target: Target
    rewriting: RewriteReport
    into: str = ""
    files: tuple[str, ...] = ()
    archive: str = ""
    squashed: "Squashed | None" = None
    data: tuple[DataStatement, ...] = ()
    assertions: int = 0
    way_back: tuple[str, ...] = ()
    placed: bool = False

    @property
    def goes_on(self) -> bool:
        """Say whether this finishes what an earlier run began."""
        return bool(self.into) and self.squashed is None

    @property
    def exit_status(self) -> int:
        """Return the contract's exit code."""
        return self.rewriting.exit_status

    def to_json(self) -> dict[str, Json]:
        """Return the files, the proof, every change of the history, and the way back."""
        proof = self.squashed
        return {
            **self.rewriting.to_json(),
            "into": self.into or None,
            "files": list(self.files),
            "archive": self.archive or None,
            "goes_on": self.goes_on,
            "statements": proof.statements if proof else None,
            "objects": dict(proof.kinds) if proof else None,
            "different": list(proof.different) if proof else None,
            "not_covered": list(proof.not_covered) if proof else None,
            "rows_lost": dict(proof.lost) if proof else None,
            "rows_differing": list(proof.differing) if proof else None,
            "rows_carried": proof.rows if proof else None,
            "data_statements": [
                {"version": each.version, "statement": each.word, "file": each.place.file, "line": each.place.line}
                for each in self.data
            ],
            "assertions": self.assertions,
            "placed": self.placed,
            "way_back": list(self.way_back),
        }


@dataclass(frozen=True, slots=True)
class SquashSteps:
    """Hold how the verb speaks with whoever started it, as ``RewriteSteps`` does."""

    show: Callable[[SquashReport], None]
    consent: Callable[[SquashReport], None]
    notify: Notify


@dataclass(frozen=True, slots=True)
class SquashOptions:
    """Hold what is wanted: up to which version, under which name, and with what left open."""

    to: str | None = None
    name: str = "squashed"
    with_data: bool = False
    accept_differences: bool = False
    dry_run: bool = False


def squash(target: Target, migrations: Path, steps: SquashSteps, options: SquashOptions) -> SquashReport:
    """Put one file in the place of the applied files up to a version, and one row in the place of their rows.

    The file is written from a replay of the many and replayed itself; unless both ends are equal, nothing is
    written (exit 4). The many are kept beside the folder. Files are changed before the history, so that nothing
    becomes pending; where the history is then settled as unchanged, the files are put back, and what a kill left is
    finished by the next run, which never goes back. Raises ``UsageError``, ``Refused``, ``RehearsalFailed`` and
    what reading does.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    under_way = _under_way(target, migrations, state)
    if under_way is not None:
        return _go_on(target, state, under_way, steps, dry_run=options.dry_run)
    plan = plan_for(target, state)
    version = options.to or max((entry.version for entry in plan.of_state(State.APPLIED, State.EDITED)), default="")
    if options.to is not None and all(each.version != version for each in target.folder.migrations):
        raise UsageError(
            f"No migration in {target.folder.path} has the version {version}.", "Run `sbapply status` to see them."
        )
    _check_applied(entry for entry in plan.entries if entry.version and entry.version <= version)
    many = [each for each in target.folder.migrations if each.version <= version]
    if len(many) < 2:
        what = "one applied file" if many else "no applied file"
        report = SquashReport(
            target, RewriteReport("squash", target, RewriteOutcome.NOTHING_TO_DO, notes=(f"There is {what}.",))
        )
        steps.show(report)
        return report
    return _begin(target, migrations, state, many, steps, options)


def _begin(
    target: Target,
    migrations: Path,
    state: RemoteState,
    many: Sequence[Migration],
    steps: SquashSteps,
    options: SquashOptions,
) -> SquashReport:
    file = f"{many[-1].version}_{options.name}.sql"
    if (migrations / file).exists():
        raise UsageError(f"{target.folder.path}/{file} is there already.", "Choose another name: --name NAME.")
    if is_old_init(file):
        raise UsageError(
            f"{file} would be skipped: the official CLI passes over a first init from before 2021-12-09.",
            "Choose another name: --name NAME.",
        )
    asserted = _asserted(many)
    head = (
        f"-- {len(many)} migrations in one, {many[0].version} to {many[-1].version}, written by sbapply squash.\n"
    )
    into = Migration(
        many[-1].version,
        options.name,
        f"{target.folder.path}/{file}",
        head + "".join(f"-- sbapply:assert {line}\n" for line in asserted),
    )
    proof = _proved(target, many, into, options)
    into = replace(into, text=proof.text)
    place = new_place(migrations)
    names = [Path(each.file).name for each in many]
    report = SquashReport(
        target,
        _planned(target, state, many, into),
        into.file,
        tuple(each.file for each in many),
        _shown(target, place),
        proof,
        tuple(statement for each in many for statement in data_statements(each)),
        len(asserted),
    )
    if proof.different and not options.accept_differences:
        error = Refused(
            f"A replay of the one file is not equal to one of the {len(many)}: {proof.different[0]}"
            + (f" (and {len(proof.different) - 1} more)" if len(proof.different) > 1 else ""),
            "Squash up to a version before it (--to VERSION), or give --accept-differences.",
        )
        steps.show(report)
        return replace(report, rewriting=replace(report.rewriting, outcome=RewriteOutcome.REFUSED, error=error))

    def lay_and_place() -> Archive:
        archive = lay_by(place, migrations, names, file, proof.text)
        if [each.text for each in archive.folder(target.folder.path).migrations] != [each.text for each in many]:
            raise UsageError("A file changed after it was read.", "Run the same command again.")
        archive.place()
        return archive

    return _write(report, state, many, lay_and_place, steps, dry_run=options.dry_run)


def _go_on(
    target: Target, state: RemoteState, archive: Archive, steps: SquashSteps, *, dry_run: bool
) -> SquashReport:
    """Finish what an earlier run began, here or for another project of the same folder."""
    many = archive.folder(_shown(target, archive.path))
    into = _into(target, archive)
    if into is None:
        raise AssertionError(archive.into)
    old = replace(target, folder=many)
    done = into.version in _put_rows(state, into)
    late = {State.PENDING, State.OUT_OF_ORDER} if done else set()
    _check_applied(
        entry
        for entry in plan_for(old, state).entries
        if entry.version and entry.version <= into.version
        if not (done and entry.version == into.version) and entry.state not in late
    )
    planned = _planned(target, state, many.migrations, into)
    report = SquashReport(
        target, planned, into.file, tuple(each.file for each in many.migrations), _shown(target, archive.path)
    )
    return _write(report, state, many.migrations, lambda: archive, steps, dry_run=dry_run)


def _write(
    report: SquashReport,
    state: RemoteState,
    many: Sequence[Migration],
    place: Callable[[], Archive],
    steps: SquashSteps,
    *,
    dry_run: bool,
) -> SquashReport:
    target = report.target
    report = replace(report, way_back=tuple(_way_back(report, many, target.limits.request_bytes)))
    found: list[Archive] = []

    def before() -> None:
        try:
            found.append(place())
            found[0].take_out()
        except KeyboardInterrupt:
            raise Interrupted("Interrupted while files were moved.", "Run `sbapply squash` again.") from None

    rewriting = rewrite(
        "squash",
        target,
        state,
        report.rewriting.changes,
        RewriteSteps(
            show=lambda now: steps.show(replace(report, rewriting=now)),
            consent=lambda now: steps.consent(replace(report, rewriting=now)),
            notify=steps.notify,
        ),
        dry_run=dry_run,
        before=before,
        notes=report.rewriting.notes,
    )
    # What an earlier run did may be what another project's history is squashed for already.
    if found and not report.goes_on and left_as_it_was(rewriting.error):
        found[0].put_back()
        found.clear()
    return replace(report, rewriting=rewriting, placed=bool(found))


def _under_way(target: Target, migrations: Path, state: RemoteState) -> Archive | None:
    """Return what an earlier run laid by whose files, or whose rows in this project's history, are still there."""
    rows = set(state.versions)
    for archive in archives_of(migrations):
        into = _into(target, archive)
        if into is None or not archive.placed:
            continue
        versions = {name.partition("_")[0] for name in archive.members} & rows
        if into.version in _put_rows(state, into):
            versions.discard(into.version)
        if versions or archive.left:
            return archive
    return None


def _into(target: Target, archive: Archive) -> Migration | None:
    file = f"{target.folder.path}/{archive.into}"
    return next((each for each in target.folder.migrations if each.file == file), None)


def _put_rows(state: RemoteState, into: Migration) -> frozenset[str]:
    """Return the version of ``into`` where its row is there, with its text or with none."""
    put = Put(into.version, into.name, stored_text(into))
    rows = (put.row, replace(put, statements=None).row)
    return frozenset(row.version for row in state.rows if row in rows)


def _planned(target: Target, state: RemoteState, many: Sequence[Migration], into: Migration) -> RewriteReport:
    """Return the changes of the history: one row in the place of many."""
    there = set(state.versions) | {unit.version for unit in state.units}
    changes: list[Change] = [
        Take(each.version) for each in many if each.version in there and each.version != into.version
    ]
    notes = []
    if into.version not in _put_rows(state, into):
        put = put_that_fits(state, changes, Put(into.version, into.name, stored_text(into)), target.limits)
        if put.statements is None:
            notes.append(f"The text does not fit into one request, so the row of {into.version} will hold none.")
        changes.append(put)
    rows = {row.version: row for row in state.rows}
    return RewriteReport("squash", target, RewriteOutcome.NOTHING_TO_DO, tuple(changes), rows, tuple(notes))


def _proved(target: Target, many: Sequence[Migration], into: Migration, options: SquashOptions) -> "Squashed":
    try:
        return target.rehearser.squashed(many, into, with_data=options.with_data)
    except RehearsalFailed as error:
        error.next_step = (
            "A squash is proved by replaying the files: correct it, or squash up to one before (--to)."
        )
        raise


def _check_applied(entries: Iterator[Entry]) -> None:
    """Raise ``Refused`` unless each is applied as its file says."""
    wrong = [entry for entry in entries if entry.state is not State.APPLIED]
    if wrong:
        first = wrong[0]
        more = f" ({len(wrong) - 1} more are not either)" if len(wrong) > 1 else ""
        reason = f": {first.reason}" if first.reason else ""
        raise Refused(
            f"{first.version} is not applied as its file says, it is {first.state.value}{reason}{more}.",
            _CURES.get(first.state, "Run `sbapply status`.").replace("VERSION", first.version),
            version=first.version,
        )


def _asserted(many: Sequence[Migration]) -> list[str]:
    """Return the assertions of the many; what those of one have set is reset before those of the next."""
    lines: list[str] = []
    names: dict[str, None] = {}
    for each in many:
        found = asserted_lines(each)
        if found:
            lines += [*(f"reset {'timezone' if name == 'time' else name}" for name in names), *found]
            names = dict.fromkeys(set_by[1].lower() for line in found if (set_by := _SETS.match(line)))
    return lines


def _shown(target: Target, place: Path) -> str:
    return f"{target.folder.path.rpartition('/')[0]}/{place.name}".lstrip("/")


def _way_back(report: SquashReport, many: Sequence[Migration], request_bytes: int) -> Iterator[str]:
    """Yield the commands that put the files and the rows back as they were."""
    folder = report.target.folder.path
    into = shlex.quote(report.into)
    aside = shlex.quote(f"{report.archive}/{Path(report.into).name}.undone")
    yield f"mv {into} {aside}"
    yield f"mv {shlex.quote(report.archive)}/*.sql {shlex.quote(folder)}/"
    part: list[str] = []
    size = 0
    for each in many:
        cost = len(json.dumps(each.text)) + 1000
        if part and size + cost > request_bytes // 2:
            yield f"sbapply repair applied {' '.join(part)}"
            part, size = [], 0
        part.append(each.version)
        size += cost
    yield f"sbapply repair applied {' '.join(part)}"
