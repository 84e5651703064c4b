"""Wire a verb that changes the history to the console."""

from typing import TYPE_CHECKING

from sbapply.cli.consent import ask_consent
from sbapply.cli.invocation import Invocation

if TYPE_CHECKING:
    from sbapply.verbs.rewriting import RewriteReport, RewriteSteps


def steps_of(invocation: Invocation) -> "RewriteSteps":
    """Return how such a verb speaks: it shows every change, asks, and tells its requests."""
    from sbapply.render.progress import EventProgress
    from sbapply.render.rewriting import change_lines, question_of
    from sbapply.verbs.rewriting import RewriteSteps

    console = invocation.console

    def show(report: "RewriteReport") -> None:
        for line in change_lines(report):
            console.say(line)

    return RewriteSteps(
        show=show,
        consent=lambda report: ask_consent(invocation, question_of(report), report.target),
        notify=EventProgress(console.progress),
    )


def conclude(invocation: Invocation, report: "RewriteReport") -> None:
    """Tell how it ended, and leave with its exit code."""
    from sbapply.render.failure import failure_lines
    from sbapply.render.rewriting import rewrite_lines

    for line in rewrite_lines(report):
        invocation.console.say(line)
    if report.error is not None:
        for line in failure_lines(report.error):
            invocation.console.note(line)
    invocation.finish(report)
