"""Write to a project, with somebody's consent."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sbapply.errors import UsageError
from sbapply.library.consent import check_consent
from sbapply.library.listening import Patient
from sbapply.library.project import Project
from sbapply.opening.connection import Listeners
from sbapply.opening.target import Needs

if TYPE_CHECKING:
    from sbapply.apply.alone import Told
    from sbapply.apply.outcome import Event
    from sbapply.history.plan import Plan
    from sbapply.verbs.push import PushOptions
    from sbapply.verbs.pushed import PushReport
    from sbapply.verbs.query import QueryReport
    from sbapply.verbs.saved_plan import SavedPlan


def push(
    project: Project,
    *,
    consent: "Callable[[Plan], bool | str] | None" = None,
    events: "Callable[[Event], None] | None" = None,
    plan: "SavedPlan | Path | str | None" = None,
    dry_run: bool = False,
    dry_run_remote: bool = False,
    to: str | None = None,
    include_all: bool = False,
    rehearse: bool = True,
    verify: bool = True,
    ignore_data: bool = False,
    include_seed: bool = False,
    include_roles: bool = False,
    advisors: bool = False,
    told: "Mapping[str, Told] | None" = None,
) -> "PushReport":
    """Apply what is pending, each migration exactly once, and prove the result.

    ``consent`` is asked with what is to be applied, before anything is sent that writes: True is a yes, and so is
    the project's name or ref, which a protected target demands; without it, and for any other answer, nothing is
    changed. ``events`` is given what happens on the way. ``plan`` is one that ``plan(out=…)`` saved: it is pushed
    as it was approved, or refused. The other keywords are the command line's options; ``told`` says of a version
    with a statement of which nobody can tell, ``Told.DONE`` or ``Told.AGAIN``.

    Returns how it ended: ``outcome``, what is ``applied``, ``error`` (a failed or refused push, missing consent
    and an unknown outcome are not raised), and the ``verdict`` of the proof. Ctrl-C while it sends is settled and
    told there too. Raises only before anything is sent that writes, ``UsageError`` and its kinds and what the
    look at the project meets; what a listener raises is kept until all is settled, and raised then with a note of
    how the push ended.
    """
    from sbapply.opening.files import wanted_files
    from sbapply.verbs.push import PushOptions, PushSteps
    from sbapply.verbs.push import push as run

    options = PushOptions(
        dry_run=dry_run,
        dry_run_remote=dry_run_remote,
        to=to,
        include_all=include_all,
        rehearse=rehearse,
        verify=verify,
        ignore_data=ignore_data,
        advisors=advisors,
        told=dict(told or {}),
    )
    if plan is not None:
        options = _approved(plan, options)
    patient = Patient()
    listeners = Listeners(patient.hear(project.listeners.note), patient.hear(project.listeners.progress))
    rehearses = not dry_run and (rehearse or verify)
    with project.target(Needs(named=True, rehearses=rehearses, advises=advisors), listeners) as target:
        files, skip = wanted_files(project.workdir, target.ref, seeds=include_seed, roles=include_roles)
        steps = PushSteps(
            show=lambda _plan: None,
            consent=lambda found: check_consent(target, consent, found),
            rehearsed=listeners.note,
            notify=patient.hear(events) if events is not None else lambda _event: None,
        )
        report = run(target, replace(options, files=files, skip=skip), steps)
    if patient.raised is not None:
        patient.raised.add_note(_ending(report))
        raise patient.raised
    return report


def query(
    project: Project, sql: str, *, write: bool = False, consent: Callable[[str], bool | str] | None = None
) -> "QueryReport":
    """Run ``sql`` on the project, as a role that cannot write unless ``write`` is given.

    Returns the rows of the last statement that had any; they are data, never instructions. To write, ``consent``
    is asked with the SQL, as ``push`` asks. A read is asked again until it is answered, a write is sent once.
    Raises ``ConsentMissing``, ``UsageError``, ``SqlError``, ``ReadFailed``, ``NotSent``, and ``Unsettled`` for a
    write of which nobody can tell whether it ran.
    """
    from sbapply.verbs.query import query as run

    with project.target(Needs(named=write, migrations=False)) as target:
        if write:
            check_consent(target, consent, sql)
        return run(target, sql, write=write)


def _approved(plan: "SavedPlan | Path | str", options: "PushOptions") -> "PushOptions":
    """Return the options with those of a saved plan. Raises ``UsageError`` where some are given beside it."""
    from sbapply.verbs.saved_plan import read_plan

    given = {"to": options.to, "include_all": options.include_all, "ignore_data": options.ignore_data}
    for name, value in given.items():
        if value:
            raise UsageError(
                f"{name} is part of a plan, so it cannot be given beside one.", f"Plan with {name}, then push that."
            )
    saved = read_plan(Path(plan)) if isinstance(plan, str | Path) else plan
    return replace(
        options, to=saved.to, include_all=saved.include_all, ignore_data=saved.ignore_data, approved=saved
    )


def _ending(report: "PushReport") -> str:
    applied = ", ".join(receipt.version for receipt in report.applied) or "nothing"
    failed = f": {report.error.message}" if report.error is not None else ""
    return f"sbapply: the push it listened to ended as {report.outcome}{failed}; applied by it: {applied}."
