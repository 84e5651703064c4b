"""Parse `reconcile`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.rewriting import conclude, steps_of


@takes_options
def reconcile(
    invocation: Invocation,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop", metavar="VERSION", help="Forget this row, which no file stands for; may be repeated."
        ),
    ] = None,
    by_name: Annotated[
        bool, typer.Option("--by-name", help="Take a row without text for the file of its name.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
) -> None:
    """Give rows of the history the versions of the files that hold their text; run nothing.

    Example: sbapply reconcile --dry-run
    """
    from sbapply.cli.target import open_target
    from sbapply.verbs.reconcile import reconcile as run

    with open_target(invocation, named=True) as target:
        report = run(target, steps_of(invocation), drop=drop or (), by_name=by_name, dry_run=dry_run)
    conclude(invocation, report)
