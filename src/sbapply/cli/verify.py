"""Parse `verify`, call it, render it."""

from typing import Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.report import ReportFiles, reporting


@takes_options
def verify(
    invocation: Invocation,
    queries: Annotated[bool, typer.Option("--queries", help="Show the query behind every claim.")] = False,
    advisors: Annotated[
        bool,
        typer.Option("--advisors", help="Tell what the advisors find as well; the exit code stays as it is."),
    ] = False,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Ask as a role that cannot write: database_read is enough; no probes."),
    ] = False,
    report_files: ReportFiles = None,
) -> None:
    """Prove that the project is what its applied migrations say, claim by claim, and what supabase/verify says.

    Example: sbapply verify --read-only --report verified.html
    """
    from dataclasses import replace

    from sbapply.cli.target import open_target
    from sbapply.history.plan import State
    from sbapply.render.assertions import assertion_lines
    from sbapply.render.verify import unclaimed_lines, verdict_lines, warning_lines
    from sbapply.render.visible import visible
    from sbapply.verbs.verify import verify as run

    with (
        reporting(invocation, "verify", report_files) as told,
        open_target(invocation, rehearses=True, asserts=True, advises=advisors) as target,
    ):
        asked = replace(target, database=target.reader) if read_only else target
        report = run(told.timed(asked), advisors=advisors)
    invocation.console.say(f"Project: {visible(report.target.title)}")
    for line in (
        *verdict_lines(report.verdict, queries=queries),
        *unclaimed_lines(report.verdict),
        *warning_lines(report.verdict),
        *assertion_lines(report.assertions, report.target.assertions.skipped),
    ):
        invocation.console.say(line)
    if report.advisors is not None:
        from sbapply.render.advisors import advice_lines

        for line in advice_lines(report.advisors):
            invocation.console.say(line)
    edited = [entry.version for entry in report.plan.of_state(State.EDITED)]
    if edited:
        invocation.console.say(f"Edited after they were applied, so claimed as they are now: {', '.join(edited)}")
    invocation.finish(report, unwritten=told.conclude(report))
