"""Parse `new`, call it, render it."""

import os
import stat
import sys
from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.errors import UsageError


@takes_options
def new(
    invocation: Invocation,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the migration.")],
    from_diff: Annotated[
        bool, typer.Option("--from-diff", help="Write what was changed on the project by other means.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
) -> None:
    """Write a new migration, with the SQL that is piped in, or what the project has and the migrations do not.

    Example: sbapply new add_titles
    """
    from sbapply.cli.target import MIGRATIONS, open_target
    from sbapply.config import find_workdir
    from sbapply.migrations.files import Folder, read_folder
    from sbapply.render.new import from_diff_lines, new_lines

    workdir = find_workdir(invocation.options)
    path = workdir / MIGRATIONS
    if from_diff:
        from sbapply.verbs.from_diff import new_from_diff

        with open_target(invocation, rehearses=True) as target:
            compared = new_from_diff(target, path, name, dry_run=dry_run)
        for line in from_diff_lines(compared):
            invocation.console.say(line)
        invocation.finish(compared)
        return
    from sbapply.verbs.new import new as run

    folder = read_folder(path, shown=MIGRATIONS) if path.exists() else Folder(MIGRATIONS, (), ())
    report = run(folder, path, name, _piped(), dry_run=dry_run)
    for line in new_lines(report):
        invocation.console.say(line)
    invocation.finish(report)


def _piped() -> str:
    """Return what a pipe or a file gives on standard input; anything else is not waited for.

    Raises ``UsageError`` for what is no text.
    """
    if sys.stdin is None:
        return ""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode)):
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("What came on standard input is not UTF-8.", "Save it as UTF-8 first.") from None
