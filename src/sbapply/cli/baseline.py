"""Parse `baseline`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.rewriting import conclude, steps_of


@takes_options
def baseline(
    invocation: Invocation,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The name of the migration.")] = "baseline",
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of history rows that have no file here.")
    ] = False,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="Go on where a replay of the file is not as the project.")
    ] = False,
    no_rehearse: Annotated[
        bool, typer.Option("--no-rehearse", help="Do not run the file on a scratch Postgres and compare.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
) -> None:
    """Adopt an existing project: write a migration that builds what it holds, and record it without running it.

    Example: sbapply baseline --name start
    """
    from sbapply.cli.naming import check_name
    from sbapply.cli.target import MIGRATIONS, open_target
    from sbapply.config import find_workdir
    from sbapply.verbs.baseline import BaselineOptions
    from sbapply.verbs.baseline import baseline as run

    check_name(name)
    options = BaselineOptions(name, not no_rehearse, accept_differences, replace, dry_run)
    with open_target(invocation, named=True) as target:
        report = run(target, find_workdir(invocation.options) / MIGRATIONS, steps_of(invocation), options)
    conclude(invocation, report)
