"""Parse `reconcile`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.rewriting import conclude, steps_of
from sbapply.errors import UsageError


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
    from_schema: Annotated[
        str | None,
        typer.Option(
            "--from-schema",
            metavar="VERSION",
            help="Write the file of a row without text: what the project has beyond its other files.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
) -> None:
    """Give rows of the history the versions of the files that hold their text; run nothing.

    Example: sbapply reconcile --dry-run
    """
    from sbapply.cli.target import MIGRATIONS, open_target
    from sbapply.config import find_workdir
    from sbapply.verbs.reconcile import reconcile as run
    from sbapply.verbs.reconcile import reconcile_by_schema

    steps = steps_of(invocation)
    if from_schema is not None and (drop or by_name):
        raise UsageError("--from-schema stands alone.", "Reconcile the other rows in a call of its own.")
    with open_target(invocation, named=True) as target:
        folder = find_workdir(invocation.options) / MIGRATIONS
        if from_schema is not None:
            report = reconcile_by_schema(target, folder, from_schema, steps, dry_run=dry_run)
        else:
            report = run(target, folder, steps, drop=drop or (), by_name=by_name, dry_run=dry_run)
    conclude(invocation, report)
