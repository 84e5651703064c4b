"""Parse `status`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def status(
    invocation: Invocation,
    check: Annotated[bool, typer.Option("--check", help="Exit with 3 if there is anything to do.")] = False,
) -> None:
    """Hold the folder against the project's history, file by file and row by row.

    Example: sbapply status --check
    """
    from sbapply.cli.target import open_target
    from sbapply.render.status import status_lines
    from sbapply.verbs.status import status as run

    with open_target(invocation) as target:
        report = run(target, check=check)
    for line in status_lines(report):
        invocation.console.say(line)
    invocation.finish(report)
