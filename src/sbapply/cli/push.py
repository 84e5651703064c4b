"""Parse `push`, call it, render it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sbapply.cli.consent import ask_consent
from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.paths import place
from sbapply.cli.report import ReportFiles, reporting
from sbapply.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sbapply.verbs.files import Files
    from sbapply.verbs.push import PushOptions


@takes_options
def push(
    invocation: Invocation,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing that writes.")
    ] = False,
    dry_run_remote: Annotated[
        bool, typer.Option("--dry-run-remote", help="Run it on the project in one transaction and roll that back.")
    ] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="VERSION", help="Stop behind this version.")] = None,
    include_all: Annotated[
        bool, typer.Option("--include-all", help="Also apply files older than the newest applied one.")
    ] = False,
    no_rehearse: Annotated[
        bool, typer.Option("--no-rehearse", help="Do not run the files on a scratch Postgres first.")
    ] = False,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Do not prove the result.")] = False,
    ignore_data: Annotated[
        bool, typer.Option("--ignore-data", help="Push although the project's rows would defeat a migration.")
    ] = False,
    include_seed: Annotated[
        bool, typer.Option("--include-seed", help="Also run the seeds that have not run, behind the migrations.")
    ] = False,
    include_roles: Annotated[
        bool, typer.Option("--include-roles", help="Also run supabase/roles.sql, before the migrations.")
    ] = False,
    done: Annotated[
        list[str] | None,
        typer.Option(
            "--done",
            metavar="VERSION[:CLAIM]",
            help="A statement of this version of which nobody can tell took effect.",
        ),
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option("--again", metavar="VERSION[:CLAIM]", help="It did not take effect: send it again."),
    ] = None,
    advisors: Annotated[
        bool,
        typer.Option("--advisors", help="Tell what the advisors find new after it; the exit code stays as it is."),
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan", metavar="FILE", parser=place, help="Push exactly what `plan -o FILE` saved, or nothing."
        ),
    ] = None,
    report_files: ReportFiles = None,
) -> None:
    """Apply what is pending, exactly once, and prove the result.

    Example: sbapply push --target staging --include-seed
    """
    from sbapply.apply.alone import Told
    from sbapply.cli.target import open_target
    from sbapply.config import find_workdir
    from sbapply.history.plan import Plan
    from sbapply.opening.files import wanted_files
    from sbapply.render.failure import failure_lines
    from sbapply.render.files import file_lines
    from sbapply.render.locks import blocking_lines
    from sbapply.render.preflight import data_lines
    from sbapply.render.progress import EventProgress
    from sbapply.render.push import push_lines
    from sbapply.render.status import plan_lines
    from sbapply.verbs.files import Files
    from sbapply.verbs.push import PushOptions, PushSteps
    from sbapply.verbs.push import push as run
    from sbapply.verbs.pushed import PushReport

    console = invocation.console
    options = PushOptions(
        dry_run=dry_run,
        dry_run_remote=dry_run_remote,
        to=to,
        include_all=include_all,
        rehearse=not no_rehearse,
        verify=not no_verify,
        ignore_data=ignore_data,
        advisors=advisors,
        told=dict.fromkeys(done or (), Told.DONE) | dict.fromkeys(again or (), Told.AGAIN),
    )
    if plan is not None:
        options = _approved(plan, options)
    rehearses = not dry_run and (options.rehearse or options.verify)
    with (
        reporting(invocation, "push", report_files) as told,
        open_target(invocation, named=True, rehearses=rehearses, advises=advisors) as target,
    ):
        workdir = find_workdir(invocation.options)
        wanted, skip = wanted_files(workdir, target.ref, seeds=include_seed, roles=include_roles)
        planned: list[Files] = []

        def show(found: Plan) -> None:
            _say(invocation, (*plan_lines(target.title, found), ""))

        def consent(found: Plan) -> None:
            question = _question(len(found.ready), planned[-1], target.title, remote_dry_run=dry_run_remote)
            ask_consent(invocation, question, target)

        def show_files(files: Files) -> None:
            planned.append(files)
            _say(invocation, file_lines(files))

        def asked(report: PushReport) -> None:
            _say(invocation, (*blocking_lines(report.footprints, report.data.sizes), *data_lines(report.data)))

        steps = PushSteps(
            show=show,
            consent=consent,
            rehearsed=console.note,
            notify=EventProgress(console.progress),
            asked=asked,
            files=show_files,
        )
        report = run(told.timed(target), replace(options, files=wanted, skip=skip), told.heard(steps))
    _say(invocation, push_lines(report))
    if report.error is not None:
        for line in failure_lines(report.error):
            console.note(line)
    invocation.finish(report, unwritten=told.conclude(report))


def _approved(file: Path, options: "PushOptions") -> "PushOptions":
    """Return the options with those of a saved plan. Raises ``UsageError`` where some are given beside it."""
    from sbapply.verbs.saved_plan import read_plan

    given = {"--to": options.to, "--include-all": options.include_all, "--ignore-data": options.ignore_data}
    for name, value in given.items():
        if value:
            raise UsageError(
                f"{name} is part of a plan, so it cannot be given beside --plan.",
                f"Plan with it: `sbapply plan {name}{' VERSION' if name == '--to' else ''} -o FILE`.",
            )
    saved = read_plan(file)
    return replace(
        options, to=saved.to, include_all=saved.include_all, ignore_data=saved.ignore_data, approved=saved
    )


def _say(invocation: Invocation, lines: "Iterable[str]") -> None:
    for line in lines:
        invocation.console.say(line)


def _question(count: int, files: "Files", title: str, *, remote_dry_run: bool) -> str:
    migrations = f"{count} migration{'' if count == 1 else 's'}"
    if remote_dry_run:
        return (
            "This takes real locks, advances sequences, and cannot undo calls to the outside.\n"
            f"Run {migrations} on {title} and roll back?"
        )
    if not files.planned:
        return f"Apply {migrations} to {title}?"
    seeds = len(files.seeds)
    parts = (
        *(("the roles",) if files.roles is not None else ()),
        *((migrations,) if count else ()),
        *((f"{seeds} seed{'' if seeds == 1 else 's'}",) if seeds else ()),
    )
    return f"Run {' and '.join(filter(None, (', '.join(parts[:-1]), parts[-1])))} on {title}?"
