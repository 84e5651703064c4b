"""Ask of a project what changes nothing there."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sbapply.library.project import Project
from sbapply.opening.target import Needs

if TYPE_CHECKING:
    from sbapply.verbs.diff import DiffReport
    from sbapply.verbs.plan import PlanReport
    from sbapply.verbs.rehearse import RehearseReport
    from sbapply.verbs.status import StatusReport
    from sbapply.verbs.verify import VerifyReport


def status(project: Project) -> "StatusReport":
    """Account for every file of the folder and every row of the history.

    Returns the entries, each with its state and the reason. Read-only; one request, two if stored texts must be
    compared. Raises ``UsageError`` for a folder that cannot be read, ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    from sbapply.verbs.status import status as run

    with project.target(Needs()) as target:
        return run(target)


def plan(
    project: Project,
    *,
    to: str | None = None,
    include_all: bool = False,
    ignore_data: bool = False,
    rehearse: bool = True,
    out: Path | str | None = None,
) -> "PlanReport":
    """Say what a push would send, change and lock, and whether it would be refused; nothing is changed.

    The keywords are those of the push. With ``out`` the plan is written to that file for ``push(plan=…)``, unless
    a push would be refused: the report's ``error`` says so, and is not raised. Read-only on the project. Raises
    ``UsageError`` where the folder cannot be read or ``out`` not be written, ``ReadFailed``, ``SqlError`` or
    ``NotSent``.
    """
    from sbapply.verbs.plan import PlanOptions
    from sbapply.verbs.plan import plan as run

    options = PlanOptions(to, include_all, ignore_data, rehearse)
    with project.target(Needs(rehearses=rehearse)) as target:
        return run(target, options, Path(out) if out is not None else None)


def rehearse(project: Project, *, to: str | None = None, include_all: bool = False) -> "RehearseReport":
    """Run what is pending on a scratch Postgres, and tell what it changes, claims and locks.

    Where it fails there, or files are refused, the report's ``error`` says so. Read-only on the project. Raises
    ``UsageError``, ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    from sbapply.verbs.rehearse import rehearse as run

    with project.target(Needs(rehearses=True)) as target:
        return run(target, to=to, include_all=include_all)


def verify(project: Project, *, read_only: bool = False, advisors: bool = False) -> "VerifyReport":
    """Prove that the project is what its applied migrations say, and what ``supabase/verify`` asserts of it.

    The report's ``outcome`` says how that ended, and each result of its ``verdict`` what was claimed, what was
    found and by which query. Nothing stays of it on the project; ``read_only`` asks as a role that cannot write,
    without probes. ``advisors`` brings what the platform's advisors find. Raises ``UsageError``, ``Refused`` for an
    assertion that could do more than ask, ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    from sbapply.verbs.verify import verify as run

    with project.target(Needs(rehearses=True, asserts=True, advises=advisors)) as target:
        return run(replace(target, database=target.reader) if read_only else target, advisors=advisors)


def diff(project: Project, *, statements: bool = False) -> "DiffReport":
    """Compare the project's schema, object by object, with the one that its applied migrations make.

    ``statements`` brings those that would make them equal again; none is run. Read-only. Raises ``UsageError``,
    ``RehearsalFailed`` where a file does not run on a scratch Postgres, ``LocalMissing`` or ``EngineError`` where
    there is none, ``ReadFailed``, ``SqlError`` or ``NotSent``.
    """
    from sbapply.verbs.diff import diff as run

    with project.target(Needs(rehearses=True)) as target:
        return run(target, statements=statements)
