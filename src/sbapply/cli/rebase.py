"""Parse `rebase`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.consent import ask_consent
from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def rebase(
    invocation: Invocation,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be renamed; rename nothing.")] = False,
) -> None:
    """Rename files that are not applied and older than what is, so that they come behind it; nothing else changes.

    Example: sbapply rebase --dry-run
    """
    from sbapply.cli.target import MIGRATIONS, open_target
    from sbapply.config import find_workdir
    from sbapply.render.failure import failure_lines
    from sbapply.render.rebase import question_of, rebase_lines, rename_lines
    from sbapply.verbs.rebase import RebaseReport, RebaseSteps
    from sbapply.verbs.rebase import rebase as run

    console = invocation.console

    def show(report: RebaseReport) -> None:
        for line in rename_lines(report):
            console.say(line)

    steps = RebaseSteps(show=show, consent=lambda report: ask_consent(invocation, question_of(report), None))
    with open_target(invocation) as target:
        report = run(target, find_workdir(invocation.options) / MIGRATIONS, steps, dry_run=dry_run)
    for line in rebase_lines(report):
        console.say(line)
    if report.error is not None:
        for line in failure_lines(report.error):
            console.note(line)
    invocation.finish(report)
