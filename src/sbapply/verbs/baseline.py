"""Adopt a project that has no migrations: one file that builds what it holds, recorded as applied and not run."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sbapply.database import Json
from sbapply.errors import Refused, RehearsalFailed, UsageError
from sbapply.history.fetched import hides_semicolon
from sbapply.history.rewrite import Change, Put, Take
from sbapply.history.state import RemoteState, read_state, read_stored_texts
from sbapply.migrations.files import Migration
from sbapply.migrations.writing import file_name_of, write_new
from sbapply.verbs.pull import Pulled, read_pulled
from sbapply.verbs.repair import stored_text
from sbapply.verbs.rewriting import (
    RewriteOutcome,
    RewriteReport,
    RewriteSteps,
    left_as_it_was,
    put_that_fits,
    rewrite,
)
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class BaselineOptions:
    """Hold under which name, and what is left open; ``replace`` takes rows away that have no files."""

    name: str = "baseline"
    rehearse: bool = True
    accept_differences: bool = False
    replace: bool = False
    dry_run: bool = False


def baseline(target: Target, folder: Path, steps: RewriteSteps, options: BaselineOptions) -> RewriteReport:
    """Write a file that builds what the project holds of its own, and its row, without running it.

    The file is replayed first and compared with the project, object by object; where that differs nothing is
    written (exit 4). The file is written whole, then the row; where the history is then settled as unchanged, the
    file is taken away, and where a kill came in between the next run finds the file and writes the row. Two
    requests to read, one to write. Raises ``UsageError`` where the folder holds other migrations, or the history
    rows that no file is for; ``LocalMissing``, ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    pulled = read_pulled(target)
    migration = _migration(target, state, pulled, options)
    changes, notes = _changes(target, state, migration, options)
    if not changes:
        return rewrite("baseline", target, state, (), steps, notes=notes)
    different: tuple[str, ...] = ()
    if options.rehearse:
        different = _different(target, pulled, migration)
    notes = [*_told(pulled, migration, different, replayed=options.rehearse), *notes]
    more: dict[str, Json] = {
        "file": migration.file,
        "statements": pulled.statements,
        "objects": dict(pulled.kinds),
        "different": list(different) if options.rehearse else None,
        "not_covered": list(pulled.catalog.not_covered),
    }
    if different and not options.accept_differences:
        error = Refused(
            f"A replay of the file is not equal to the project: {different[0]}"
            + (f" (and {len(different) - 1} more)" if len(different) > 1 else ""),
            "Look at the differences; give --accept-differences if the file may differ from the project so.",
        )
        rows = {row.version: row for row in state.rows}
        report = RewriteReport(
            "baseline", target, RewriteOutcome.REFUSED, tuple(changes), rows, tuple(notes), error, more
        )
        steps.show(report)
        return report
    return _written(target, folder, state, migration, _Draft(changes, notes, more), steps, options)


@dataclass(frozen=True, slots=True)
class _Draft:
    changes: Sequence[Change]
    notes: Sequence[str]
    more: dict[str, Json] = field(default_factory=dict)


def _written(
    target: Target,
    folder: Path,
    state: RemoteState,
    migration: Migration,
    draft: _Draft,
    steps: RewriteSteps,
    options: BaselineOptions,
) -> RewriteReport:
    made: list[Path] = []
    gone = [change.version for change in draft.changes if isinstance(change, Take)]
    texts = (
        read_stored_texts(target.database, gone, patience=target.patience.read, clock=target.clock) if gone else {}
    )
    names = {row.version: row.name or "" for row in state.rows}
    kept = folder.with_name(f"{folder.name}-replaced-{datetime.now(UTC):%Y%m%d%H%M%S}")
    notes = list(draft.notes)
    if gone:
        where = f"{target.folder.path.rpartition('/')[0]}/{kept.name}".lstrip("/")
        notes += [
            f"What the {len(gone)} rows held is kept in {where}/. The way back:",
            f"  sbapply repair reverted {migration.version}",
            f"  mv {shlex.quote(migration.file)} {where}/{Path(migration.file).name}.undone",
            f"  mv {where}/*.sql {target.folder.path}/",
            f"  sbapply repair applied {' '.join(gone)}",
        ]

    def before() -> None:
        for version in gone:
            name = file_name_of(version, names[version])
            if name is None:
                raise _not_to_be_kept(version)
            stored = texts.get(version, ())
            # Behind a comment to the end of the line a semicolon would be part of it.
            end = "\n;\n\n" if hides_semicolon(stored) else ";\n\n"
            text = "".join(f"{statement}{end}" for statement in stored)
            path = kept / name
            if write_new(path, text):
                made.append(path)
        path = folder / Path(migration.file).name
        if write_new(path, migration.text):
            made.append(path)

    report = rewrite(
        "baseline",
        target,
        state,
        draft.changes,
        steps,
        dry_run=options.dry_run,
        before=before,
        notes=notes,
        more=draft.more,
    )
    if report.error is not None and left_as_it_was(report.error):
        for path in reversed(made):
            path.unlink(missing_ok=True)
        if kept.is_dir() and not any(kept.iterdir()):
            kept.rmdir()
    return report


def _migration(target: Target, state: RemoteState, pulled: Pulled, options: BaselineOptions) -> Migration:
    """Return the file: the one that an earlier run left, or a new one. Raises ``UsageError`` where others are."""
    for each in target.folder.migrations:
        if each.text == pulled.text:
            others = len(target.folder.migrations) - 1
            if others == 0:
                return each
    if target.folder.migrations:
        raise UsageError(
            f"{target.folder.path} holds {len(target.folder.migrations)} migrations, and a baseline repeats what "
            "they made.",
            "Record those that the project has with `sbapply repair applied VERSION`; `sbapply status` lists them.",
        )
    version = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    if version in state.versions:
        raise UsageError(f"The version {version} is in the history already.", "Run the same command again.")
    return Migration(version, options.name, f"{target.folder.path}/{version}_{options.name}.sql", pulled.text)


def _changes(
    target: Target, state: RemoteState, migration: Migration, options: BaselineOptions
) -> tuple[Sequence[Change], list[str]]:
    put = Put(migration.version, migration.name, stored_text(migration))
    others = [row.version for row in state.rows if row.version != put.version]
    if others and not options.replace:
        raise UsageError(
            f"The history of {target.title} holds {len(others)} versions without a file here: {others[0]} first.",
            "Write them to files with `sbapply fetch`, and nothing is to be adopted; or give --replace, which puts "
            "one row in their place and keeps their texts beside the folder.",
        )
    strange = next((version for version in others if file_name_of(version, "") is None), None)
    if strange is not None:
        raise _not_to_be_kept(strange)
    takes: list[Change] = [Take(version) for version in others]
    rows = {put.row, replace(put, statements=None).row}
    if not rows.isdisjoint(state.rows):
        return takes, [f"{put.version} is applied with this text already."]
    put = put_that_fits(state, takes, put, target.limits)
    notes = (
        [] if put.statements is not None else ["The text does not fit into one request; the row will hold none."]
    )
    return [*takes, put], notes


def _not_to_be_kept(version: str) -> UsageError:
    return UsageError(
        f"No file can carry the version {version!r} of the history, so what its row holds cannot be kept.",
        f"Forget that row first: `sbapply reconcile --drop {shlex.quote(version)}`.",
    )


def _different(target: Target, pulled: Pulled, migration: Migration) -> tuple[str, ...]:
    try:
        return target.rehearser.differences(pulled.catalog, migration)
    except RehearsalFailed as error:
        return (f"its replay fails: {error.message}",)


def _told(pulled: Pulled, migration: Migration, different: Sequence[str], *, replayed: bool) -> list[str]:
    counted = ", ".join(f"{count} {kind}" for kind, count in pulled.kinds) or "nothing; the schema is empty"
    lines = [
        f"File:     {migration.file} ({pulled.statements} statements), written and not run",
        f"Builds:   {counted}",
    ]
    total = sum(count for _, count in pulled.kinds)
    if not replayed:
        lines.append("Not replayed: it was not asked for.")
    elif different:
        lines.append(f"DIFFERENT: replayed, {len(different)} objects are not as on the project:")
        lines += [f"  {each}" for each in different]
    else:
        lines.append(f"Replayed: all {total} objects come out as they are on the project.")
    if pulled.catalog.not_covered:
        lines.append("Not covered, so not in the file:")
        lines += [f"  {each}" for each in pulled.catalog.not_covered]
    return lines
