"""Parse `fetch`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.errors import UsageError


@takes_options
def fetch(
    invocation: Invocation,
    versions: Annotated[
        list[str] | None, typer.Argument(metavar="[VERSION...]", help="Rows to fetch; else those without a file.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Fetch every row of the history.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
) -> None:
    """Write rows of the history that have no file here into files, with the text that was applied.

    Example: sbapply fetch 20260101090000
    """
    from sbapply.cli.target import MIGRATIONS, open_target
    from sbapply.config import find_workdir
    from sbapply.render.failure import failure_lines
    from sbapply.render.fetch import fetch_lines
    from sbapply.verbs.fetch import fetch as run

    if versions and every:
        raise UsageError("Versions and --all were given.", "Run `sbapply fetch --all`, or name versions.")
    folder = find_workdir(invocation.options) / MIGRATIONS
    # A clone of a project whose migrations nobody kept has no such folder yet.
    with open_target(invocation, migrations=folder.exists()) as target:
        report = run(target, folder, versions or (), every=every, dry_run=dry_run)
    for line in fetch_lines(report):
        invocation.console.say(line)
    if report.error is not None:
        for line in failure_lines(report.error):
            invocation.console.note(line)
    invocation.finish(report)
