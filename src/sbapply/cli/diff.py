"""Parse `diff`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def diff(
    invocation: Invocation,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print statements that would bring the project back; none is run.")
    ] = False,
) -> None:
    """Show what is on the project and not in its migrations, and the other way round.

    Example: sbapply diff --sql
    """
    from sbapply.cli.target import open_target
    from sbapply.render.diff import diff_lines, statement_lines
    from sbapply.verbs.diff import diff as run

    with open_target(invocation, rehearses=True) as target:
        report = run(target, statements=sql)
    for line in statement_lines(report) if sql else diff_lines(report):
        invocation.console.say(line)
    invocation.finish(report)
