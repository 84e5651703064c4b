"""Parse `squash`, call it, render it."""

from typing import TYPE_CHECKING, Annotated

import typer

from sbapply.cli.consent import ask_consent
from sbapply.cli.invocation import Invocation, takes_options

if TYPE_CHECKING:
    from sbapply.verbs.squash import SquashReport


@takes_options
def squash(
    invocation: Invocation,
    to: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="Up to this version; else all that are applied.")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="The name of the one migration.")
    ] = "squashed",
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Keep the rows that the files insert, as INSERT statements.")
    ] = False,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="Go on where the two replays are not equal.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
) -> None:
    """Put one migration in the place of many, here and in the history, proved equal by replaying both.

    Example: sbapply squash --to 20260101090000 --dry-run
    """
    from sbapply.cli.naming import check_name
    from sbapply.cli.target import MIGRATIONS, open_target
    from sbapply.config import find_workdir
    from sbapply.render.failure import failure_lines
    from sbapply.render.progress import EventProgress
    from sbapply.render.squash import end_lines, question_of, squash_lines
    from sbapply.verbs.squash import SquashOptions, SquashSteps
    from sbapply.verbs.squash import squash as run

    check_name(name)
    console = invocation.console

    def show(report: "SquashReport") -> None:
        for line in squash_lines(report):
            console.say(line)

    steps = SquashSteps(
        show=show,
        consent=lambda report: ask_consent(invocation, question_of(report), report.rewriting.target),
        notify=EventProgress(console.progress),
    )
    options = SquashOptions(to, name, with_data, accept_differences, dry_run)
    with open_target(invocation, named=True) as target:
        report = run(target, find_workdir(invocation.options) / MIGRATIONS, steps, options)
    for line in end_lines(report):
        console.say(line)
    if report.rewriting.error is not None:
        for line in failure_lines(report.rewriting.error):
            console.note(line)
    invocation.finish(report)
