"""Take `--report`, and hand what a verb came to to whoever it was asked for: files, and GitHub Actions."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sbapply.cli.invocation import Invocation
from sbapply.cli.paths import place
from sbapply.errors import Interrupted, OutputLost, SbapplyError, UsageError
from sbapply.render.actions import annotation_lines, runs_in_actions

if TYPE_CHECKING:
    from sbapply.apply.outcome import Event
    from sbapply.database import Json
    from sbapply.history.plan import Plan
    from sbapply.verbs.push import PushSteps
    from sbapply.verbs.report import Reported
    from sbapply.verbs.target import Target

ReportFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--report", metavar="FILE", parser=place, help="Write a report too: FILE.md, .html, .xml (JUnit) or .json."
    ),
]

_SUFFIXES = (".md", ".html", ".xml", ".json")
_MEANT = {
    ".htm": ".html",
    ".xhtml": ".html",
    ".markdown": ".md",
    ".mdown": ".md",
    ".junit": ".xml",
    ".jsn": ".json",
}


class Reporting:
    """Gather what a report needs while a verb runs, and write the reports at its end.

    With no file and outside of GitHub Actions it does nothing, and loads nothing.
    """

    def __init__(self, invocation: Invocation, command: str, files: Sequence[Path]) -> None:
        self._console = invocation.console
        self._command = command
        self._files = files
        self._target: Target | None = None
        self._notes: list[str] = []
        self._in_actions = runs_in_actions()
        self._wanted = bool(files) or self._in_actions
        if self._wanted:
            from sbapply.config import find_workdir
            from sbapply.verbs.report import gather
            from sbapply.verbs.timing import Stopwatch

            try:
                self._workdir: Path | None = find_workdir(invocation.options)
            except UsageError:
                # The verb is about to say so itself.
                self._workdir = None
            self._circumstances = gather(self._workdir)
            # What verify asks first is all that it asks, where every file is applied.
            first = "ask for the history and the proof" if command == "verify" else "read the history"
            self._watch = Stopwatch(first=first)

    def timed(self, target: "Target") -> "Target":
        """Return the target with its requests measured; a report names it."""
        if not self._wanted:
            return target
        self._target = replace(target, database=self._watch.timed(target.database))
        return self._target

    def heard(self, steps: "PushSteps") -> "PushSteps":
        """Return the steps of a push with what they say heard here as well."""
        if not self._wanted:
            return steps

        def show(plan: "Plan") -> None:
            self._watch.planned()
            steps.show(plan)

        def rehearsed(note: str) -> None:
            self._notes.append(note)
            steps.rehearsed(note)

        def notify(event: "Event") -> None:
            self._watch.notify(event)
            steps.notify(event)

        return replace(steps, show=show, rehearsed=rehearsed, notify=notify)

    def conclude(self, report: "Reported") -> OutputLost | None:
        """Write what was asked for; return why not, told already, if a file could not be written."""
        if not self._wanted:
            return None
        from sbapply.verbs.report import report_document

        return self._written(partial(report_document, report, self._circumstances, self._watch, self._notes))

    def fail(self, error: SbapplyError) -> None:
        """Write what was asked for about a verb that ended before it had a report of its own."""
        if not self._wanted:
            return
        from sbapply.verbs.report import failure_report

        self._written(
            partial(
                failure_report, self._command, error, self._target, self._circumstances, self._watch, self._notes
            )
        )

    def _written(self, gathered: "Callable[[], Mapping[str, Json]]") -> OutputLost | None:
        try:
            return self._write(gathered())
        except Exception as error:  # noqa: BLE001 - what became of a push is told, whatever a report meets
            return self._told_lost("The report", f"{type(error).__name__}: {error}")

    def _write(self, document: "Mapping[str, Json]") -> OutputLost | None:
        from sbapply.render.report.document import read_document
        from sbapply.render.report.file import append_summary, write_report

        lost = [self._tried(path, partial(write_report, path, document)) for path in self._files]
        if self._in_actions:
            for line in annotation_lines(read_document(document), _folder_in_repository(self._workdir)):
                self._console.command(line)
            summary = os.environ.get("GITHUB_STEP_SUMMARY")
            if summary:
                self._tried(Path(summary), partial(append_summary, Path(summary), document))
        return next((each for each in lost if each is not None), None)

    def _tried(self, path: Path, write: Callable[[], None]) -> OutputLost | None:
        """Write, or tell why that went wrong."""
        try:
            write()
        except OSError as error:
            return self._told_lost(f"The report {path}", error.strerror or str(error))
        return None

    def _told_lost(self, what: str, why: str) -> OutputLost:
        from sbapply.render.failure import failure_lines

        lost = OutputLost(
            f"{what} could not be written: {why}.",
            "Look whether the disk is full; `sbapply status` tells what is applied.",
        )
        for line in failure_lines(lost):
            self._console.note(line)
        return lost


@contextmanager
def reporting(invocation: Invocation, command: str, files: Sequence[Path] | None) -> Iterator[Reporting]:
    """Report on the verb that runs within, also where it raises; see ``Reporting``.

    Raises ``UsageError`` before anything is done if a report cannot be written where it was asked for.
    """
    for path in files or ():
        check_report_file(path)
    told = Reporting(invocation, command, files or ())
    try:
        yield told
    except SbapplyError as error:
        told.fail(error)
        raise
    except KeyboardInterrupt:
        stopped = Interrupted("Interrupted; nothing was being changed.", "Run the same command again.")
        told.fail(stopped)
        raise stopped from None
    except Exception as raised:
        from sbapply.verbs.failure import fault_of

        told.fail(fault_of(raised))
        raise


def check_report_file(path: Path) -> None:
    """Raise ``UsageError`` unless a report of this name can be written."""
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        meant = _nearest(suffix)
        better = f"Did you mean {path.with_suffix(meant)}? " if meant and path.name else ""
        raise UsageError(
            f"--report {path} names no format of a report.",
            f"{better}A report ends in .md, .html, .xml (JUnit) or .json.",
        )
    if path.is_dir():
        raise UsageError(f"--report {path} is a folder.", "Name a file.")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"--report {path}: there is no folder {folder}.", "Make it first, or name another.")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--report {path}: the folder {folder} cannot be written to.", "Name another.")


def _nearest(suffix: str) -> str | None:
    from difflib import get_close_matches

    return _MEANT.get(suffix) or next(iter(get_close_matches(suffix, _SUFFIXES, n=1)), None)


def _folder_in_repository(workdir: Path | None) -> str:
    """Return the project's folder as GitHub knows it, '' if it is the repository's own."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workdir is None or not workspace:
        return ""
    try:
        inside = workdir.resolve().relative_to(Path(workspace).resolve()).as_posix()
    except ValueError:
        return ""
    return "" if inside == "." else inside
