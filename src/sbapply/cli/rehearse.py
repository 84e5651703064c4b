"""Parse `rehearse`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def rehearse(
    invocation: Invocation,
    to: Annotated[str | None, typer.Option("--to", metavar="VERSION", help="Stop behind this version.")] = None,
    include_all: Annotated[
        bool, typer.Option("--include-all", help="Also rehearse files older than the newest applied one.")
    ] = False,
) -> None:
    """Run what is pending on a scratch Postgres: what would change, what would be locked, what would fail.

    Example: sbapply rehearse --target staging
    """
    from sbapply.cli.target import open_target
    from sbapply.render.failure import failure_lines
    from sbapply.render.rehearse import rehearse_lines
    from sbapply.verbs.rehearse import rehearse as run

    console = invocation.console
    with open_target(invocation, rehearses=True) as target:
        report = run(target, to=to, include_all=include_all)
    for line in rehearse_lines(report):
        console.say(line)
    if report.error is not None:
        for line in failure_lines(report.error):
            console.note(line)
    invocation.finish(report)
