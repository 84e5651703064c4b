"""Parse `plan`, call it, render it."""

from pathlib import Path
from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.paths import place


@takes_options
def plan(
    invocation: Invocation,
    to: Annotated[str | None, typer.Option("--to", metavar="VERSION", help="Stop behind this version.")] = None,
    include_all: Annotated[
        bool, typer.Option("--include-all", help="Also plan files older than the newest applied one.")
    ] = False,
    no_rehearse: Annotated[
        bool, typer.Option("--no-rehearse", help="Do not run the files on a scratch Postgres.")
    ] = False,
    ignore_data: Annotated[
        bool, typer.Option("--ignore-data", help="Plan although the project's rows would defeat a migration.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", parser=place, help="Save the plan, for `push --plan FILE`."),
    ] = None,
) -> None:
    """Show what a push would do, and save it for approval; nothing is changed.

    Example: sbapply plan -o plan.json
    """
    from sbapply.cli.target import open_target
    from sbapply.render.failure import failure_lines
    from sbapply.render.plan import report_lines
    from sbapply.verbs.plan import PlanOptions
    from sbapply.verbs.plan import plan as run

    console = invocation.console
    options = PlanOptions(to, include_all, ignore_data, rehearse=not no_rehearse)
    with open_target(invocation, rehearses=options.rehearse) as target:
        report = run(target, options, out)
    for line in report_lines(report):
        console.say(line)
    if report.error is not None:
        for line in failure_lines(report.error):
            console.note(line)
    invocation.finish(report)
