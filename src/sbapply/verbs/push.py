"""Apply what is pending, exactly once, and prove the result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from sbapply.apply.alone import Told, words_of
from sbapply.apply.dry_run import check_can_roll_back, run_and_roll_back
from sbapply.apply.outcome import Notify, Outcome
from sbapply.apply.preview import preview
from sbapply.apply.runner import apply_ready
from sbapply.errors import (
    ConsentMissing,
    Interrupted,
    Refused,
    SbapplyError,
)
from sbapply.history.plan import Plan
from sbapply.history.state import RemoteState, read_state
from sbapply.rehearse.rehearsal import Rehearsal
from sbapply.verbs.approved import check_findings, check_history_still, check_nothing_beside, check_unmoved
from sbapply.verbs.assertions import asserted_in_migrations
from sbapply.verbs.failure import refused
from sbapply.verbs.files import Files, WantedFiles, plan_files, send_roles, send_seeds
from sbapply.verbs.locks import blocked_tables, footprints_of
from sbapply.verbs.newer import newer_in
from sbapply.verbs.planning import plan_push
from sbapply.verbs.preflight import data_refusal, preflight
from sbapply.verbs.pushed import PushOutcome, PushReport, half_applied, outcome_after, receipts_of
from sbapply.verbs.rehearsing import Rehearsed, rehearse_plan
from sbapply.verbs.saved_plan import SavedPlan
from sbapply.verbs.status import plan_for
from sbapply.verbs.target import Target
from sbapply.verify.assertions import not_run, run_assertions
from sbapply.verify.proof import prove

if TYPE_CHECKING:
    from sbapply.migrations.assertions import AssertionSet


@dataclass(frozen=True, slots=True)
class PushOptions:
    """Hold what a push was asked for; see the contract's table.

    ``told`` is a person's word on claimed statements of which nobody else can tell whether they took effect, by the
    version or by the claim's own word;
    ``approved`` is the plan that is to be pushed and nothing else, whose options these are then; ``files`` is what
    is run beside the migrations, and ``skip`` says why they are not applied, where they are not.
    """

    dry_run: bool = False
    dry_run_remote: bool = False
    to: str | None = None
    include_all: bool = False
    rehearse: bool = True
    verify: bool = True
    ignore_data: bool = False
    advisors: bool = False
    told: Mapping[str, Told] = field(default_factory=dict)
    approved: SavedPlan | None = None
    files: WantedFiles = field(default_factory=WantedFiles)
    skip: str = ""

    @property
    def again(self) -> frozenset[str]:
        """Return the words that say that such a statement took no effect."""
        return frozenset(word for word, told in self.told.items() if told is Told.AGAIN)


@dataclass(frozen=True, slots=True)
class PushSteps:
    """Hold how a push speaks with whoever started it.

    ``show`` is given the plan before anything else; ``consent`` is asked before anything is sent that writes and
    raises ``ConsentMissing`` for a no; ``rehearsed`` is told what the rehearsal came to; ``notify`` gets events;
    ``asked`` is given the report once it holds what is locked and what the project's rows said; ``files`` is given
    what runs beside the migrations, right behind the plan.
    """

    show: Callable[[Plan], None]
    consent: Callable[[Plan], None]
    rehearsed: Callable[[str], None]
    notify: Notify
    asked: Callable[[PushReport], None] = lambda _report: None
    files: Callable[[Files], None] = lambda _files: None


def push(target: Target, options: PushOptions, steps: PushSteps) -> PushReport:
    """Apply the target's pending migrations and prove the result.

    One request reads the state, another the schema where a plan was approved, one or more apply, one verifies.
    Each migration is atomic with its history row, and so is each seed with its own. Raises nothing of the error
    tree: the report carries it.
    """
    try:
        if options.approved is not None:
            check_nothing_beside(options.files)
        state = read_state(target.database, patience=target.patience.read, clock=target.clock)
        if options.approved is not None:
            check_unmoved(options.approved, target, state)
        plan = plan_push(target, state, include_all=options.include_all, to=options.to, again=options.again)
        if options.skip:
            plan = replace(plan, ready=(), refusals=())
        # Of what others claim from here on nothing was said.
        options = replace(options, told=words_of(plan.ready, options.told))
        files, refusals = plan_files(target, options.files)
        plan = replace(plan, refusals=(*plan.refusals, *refusals))
    except SbapplyError as error:
        return PushReport(target, outcome_after(error), Plan((), (), ()), error=error)
    steps.show(plan)
    steps.files(files)
    report = PushReport(
        target,
        PushOutcome.NOTHING_TO_DO,
        plan,
        pending=receipts_of(plan.ready),
        files=files,
        skipped=options.skip,
    )
    if plan.refusals:
        return replace(report, outcome=PushOutcome.REFUSED, error=refused(plan.refusals))
    if options.dry_run:
        planned = tuple(preview(plan.ready, state, target.limits))
        report = _with_data(report, options, steps)
        if report.error is not None:
            return replace(report, requests=planned)
        return replace(report, outcome=PushOutcome.DRY_RUN, requests=planned)
    if options.advisors and plan.ready and not options.dry_run_remote:
        return _advised(report, state, options, steps)
    return _rehearsed(report, state, options, steps)


def _advised(report: PushReport, state: RemoteState, options: PushOptions, steps: PushSteps) -> PushReport:
    """Push between two questions to the advisors."""
    from sbapply.verbs.advised import compared
    from sbapply.verbs.advisors import ask_advisors

    before = ask_advisors(report.target)
    return compared(_rehearsed(report, state, options, steps), before)


def _rehearsed(report: PushReport, state: RemoteState, options: PushOptions, steps: PushSteps) -> PushReport:
    """Rehearse, ask, and apply what the report's plan holds."""
    target, plan = report.target, report.plan
    if options.dry_run_remote:
        try:
            check_can_roll_back(plan.ready, target.limits)
        except Refused as error:
            return replace(report, outcome=PushOutcome.REFUSED, error=error)
    rehearsed = Rehearsed(None)
    if options.rehearse and (plan.ready or options.verify):
        rehearsed = _rehearsal_of(report)
        report = replace(report, rehearsal_note=rehearsed.note, footprints=footprints_of(rehearsed.rehearsal))
        if rehearsed.refusal is not None:
            return replace(report, outcome=PushOutcome.REFUSED, error=rehearsed.refusal)
        if rehearsed.note:
            steps.rehearsed(rehearsed.note)
    if not plan.ready and (options.dry_run_remote or not report.files.planned):
        return _verified(report, state.versions, rehearsed.rehearsal, options)
    _say_newer(report, state, steps)
    report = _agreed(_with_data(report, options, steps), steps)
    if report.error is not None:
        return report
    if options.dry_run_remote:
        return _dry_run_remotely(report, plan)
    report, done = _applied(report, state, options, steps)
    if report.error is not None:
        return report
    return _verified(report, (*state.versions, *done), rehearsed.rehearsal, options, done)


def _rehearsal_of(report: PushReport) -> Rehearsed:
    roles = report.files.roles
    return rehearse_plan(report.target, report.plan, roles=roles.file.migration if roles is not None else None)


def _applied(
    report: PushReport, state: RemoteState, options: PushOptions, steps: PushSteps
) -> tuple[PushReport, list[str]]:
    """Run the roles, the migrations and the seeds; return the report, and the versions that are applied now."""
    target, plan, done = report.target, report.plan, list[str]()
    files, state, failure = send_roles(target, report.files, state, steps.notify)
    if failure is not None:
        return replace(report, outcome=outcome_after(failure), files=files, error=failure), done
    report = replace(report, outcome=PushOutcome.APPLIED, files=files)
    if plan.ready:
        outcome = _apply(report, state, options, steps)
        report = _concluded(report, outcome)
        done = [each.version for each in (*outcome.applied, *outcome.elsewhere)]
    if report.error is None:
        files, failure = send_seeds(target, report.files, state, steps.notify)
        report = replace(report, files=files)
        if failure is not None:
            report = replace(report, outcome=outcome_after(failure), error=failure)
    return report, done


def _apply(report: PushReport, state: RemoteState, options: PushOptions, steps: PushSteps) -> Outcome:
    target, plan = report.target, report.plan
    return apply_ready(
        target.database,
        plan.ready,
        state,
        replan=partial(_plan_again, target, options),
        notify=steps.notify,
        limits=target.limits,
        patience=target.patience,
        clock=target.clock,
        told=options.told,
    )


def _plan_again(target: Target, options: PushOptions, newer: RemoteState) -> Plan:
    """Plan again on what another run left; raises ``HistoryMoved`` where that is not what was approved."""
    if options.approved is not None:
        check_history_still(options.approved, newer)
    return plan_for(target, newer, include_all=options.include_all, to=options.to, again=options.again)


def _agreed(report: PushReport, steps: PushSteps) -> PushReport:
    """Ask for consent, unless the report has an error already; one without consent has."""
    if report.error is not None:
        return report
    try:
        steps.consent(report.plan)
    except ConsentMissing as error:
        return replace(report, outcome=PushOutcome.FAILED, error=error)
    return report


def _say_newer(report: PushReport, state: RemoteState, steps: PushSteps) -> None:
    """Say what the project's PostgreSQL is too old for, which no rehearsal on a newer one shows."""
    for found in newer_in(report.target, report.plan, state.server_version).values():
        for each in found:
            steps.rehearsed(f"{each.place}: {each.sentence(state.server_version)}")


def _with_data(report: PushReport, options: PushOptions, steps: PushSteps) -> PushReport:
    """Ask the project's rows; a report with an error is refused."""
    if not report.plan.ready:
        return report
    data = preflight(report.target, report.plan.ready, blocked_tables(report.footprints))
    report = replace(report, data=data)
    steps.asked(report)
    refusal = None if options.ignore_data else data_refusal(data)
    if refusal is None and options.approved is not None:
        refusal = check_findings(options.approved, report.footprints, data)
    return replace(report, outcome=PushOutcome.REFUSED, error=refusal) if refusal is not None else report


def _dry_run_remotely(report: PushReport, plan: Plan) -> PushReport:
    try:
        run_and_roll_back(report.target.database, plan.ready, limits=report.target.limits)
    except SbapplyError as error:
        return replace(report, outcome=outcome_after(error), error=error)
    return replace(report, outcome=PushOutcome.DRY_RUN)


def _concluded(report: PushReport, outcome: Outcome) -> PushReport:
    return replace(
        report,
        outcome=PushOutcome.APPLIED if outcome.error is None else outcome_after(outcome.error),
        applied=outcome.applied,
        elsewhere=outcome.elsewhere,
        pending=receipts_of(outcome.pending),
        half=half_applied(outcome.half),
        error=outcome.error,
    )


def _verified(
    report: PushReport,
    versions: Sequence[str],
    rehearsal: Rehearsal | None,
    options: PushOptions,
    done: Sequence[str] = (),
) -> PushReport:
    """Add the proof, and what the versions that are ``done`` assert.

    A proof that could not be had is said, and does not undo what was applied.
    """
    if not options.verify:
        return replace(report, unverified="--no-verify was given")
    try:
        return _asserted(_proved(report, versions, rehearsal, options), done)
    except SbapplyError as error:
        return replace(report, unverified=f"the proof could not be had: {error.message}")
    except KeyboardInterrupt:
        stopped = Interrupted("Interrupted while verifying; nothing was being changed.", "Run `sbapply verify`.")
        return replace(report, unverified="interrupted", error=stopped)


def _proved(
    report: PushReport, versions: Sequence[str], rehearsal: Rehearsal | None, options: PushOptions
) -> PushReport:
    note = report.rehearsal_note
    if not options.rehearse:
        # It was not wanted before the push; the claims still come from nowhere else.
        rehearsed = _rehearsal_of(report)
        rehearsal, note = rehearsed.rehearsal, rehearsed.note
    if rehearsal is None:
        return replace(report, unverified=f"there are no claims to verify ({note})")
    known = {version for version, _ in rehearsal.traces}
    wanted = [version for version in versions if version in known]
    if not wanted:
        return replace(report, unverified="no applied migration has a file here")
    verdict = prove(
        report.target.database,
        rehearsal.claims_for(wanted),
        versions=wanted,
        patience=report.target.patience.read,
        rehearsed_on=rehearsal.server_version,
    )
    return replace(report, verdict=verdict)


def _asserted(report: PushReport, done: Sequence[str]) -> PushReport:
    """Add what the versions that are ``done`` assert; what could not be asked is said, and the proof stays."""
    target = report.target
    sets: Sequence[AssertionSet] = ()
    try:
        sets = asserted_in_migrations([each for each in target.folder.migrations if each.version in done])
        results = run_assertions(target.database, sets, patience=target.patience.read)
    except SbapplyError as error:
        results = not_run(sets, error.message)
    return replace(report, assertions=results)
