"""Parse `pull`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def pull(
    invocation: Invocation,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the migration.")] = "remote_schema",
    no_rehearse: Annotated[
        bool, typer.Option("--no-rehearse", help="Do not run the file on a scratch Postgres and compare.")
    ] = False,
) -> None:
    """Write a migration that builds the project's schema as it is.

    Example: sbapply pull existing
    """
    from sbapply.cli.target import MIGRATIONS, open_target
    from sbapply.config import find_workdir
    from sbapply.render.pull import pull_lines
    from sbapply.verbs.pull import pull as run

    with open_target(invocation) as target:
        report = run(target, find_workdir(invocation.options) / MIGRATIONS, name=name, replay=not no_rehearse)
    for line in pull_lines(report):
        invocation.console.say(line)
    invocation.finish(report)
