"""Parse `query`, call it, render it."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from sbapply.cli.consent import ask_consent
from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.paths import place
from sbapply.errors import UsageError


@takes_options
def query(
    invocation: Invocation,
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="The SQL; - or nothing reads standard input.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", parser=place, help="Read the SQL from a file.")
    ] = None,
    layout: Annotated[
        Literal["table", "csv"], typer.Option("--format", metavar="table|csv", help="How rows are printed as text.")
    ] = "table",
    write: Annotated[bool, typer.Option("--write", help="Let the SQL write; asks first.")] = False,
) -> None:
    """Run SQL on the project, as a role that cannot write unless --write is given.

    Example: sbapply query 'select count(*) from auth.users' --format csv
    """
    from sbapply.cli.target import open_target
    from sbapply.render.table import csv_lines, table_lines
    from sbapply.verbs.query import query as run

    text = _read_sql(sql, file)
    with open_target(invocation, named=write, migrations=False) as target:
        if write:
            ask_consent(invocation, f"Run this SQL on {target.title}, with the right to write?", target)
        report = run(target, text, write=write)
    if invocation.console.output == "text":
        for line in (table_lines if layout == "table" else csv_lines)(report.rows):
            invocation.console.data(line)
    invocation.finish(report, data=True)


def _read_sql(sql: str | None, file: Path | None) -> str:
    if sql is not None and file is not None:
        raise UsageError("Both SQL and --file were given.", "Give one of them.")
    try:
        if file is not None:
            text = file.read_text(encoding="utf-8-sig")
        elif sql is None or sql == "-":
            text = sys.stdin.read() if sys.stdin is not None else ""
        else:
            text = sql
        # Bytes on the command line that are no UTF-8 arrive as lone surrogates.
        text.encode()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Check its name.") from error
    except UnicodeError as error:
        raise UsageError("The SQL is not UTF-8.", "Save it as UTF-8.") from error
    if not text.strip():
        raise UsageError("There is no SQL to run.", "Give it as an argument, with --file, or on standard input.")
    return text
