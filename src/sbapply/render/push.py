"""Show a push as text: what happens on the way, and how it ended."""

from collections.abc import Iterator
from typing import assert_never

from sbapply.apply.outcome import Applied, Event, Retrying, Sending, Settling, Waiting
from sbapply.history.plan import State
from sbapply.render.verify import summary_line, verdict_lines
from sbapply.render.visible import visible
from sbapply.verbs.push import PushOutcome, PushReport


def event_line(event: Event) -> str:
    """Return an event as one line."""
    line: str
    match event:
        case Sending(number, versions, size):
            count = f"{len(versions)} migration{'' if len(versions) == 1 else 's'}"
            span = versions[0] if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"
            line = f"request {number}: {count}, {span}, {size:,} bytes"
        case Applied(receipt):
            line = f"applied {receipt.version} {receipt.name}"
        case Settling(reason):
            line = f"settling, because the answer was: {reason}"
        case Waiting(reason, None):
            line = f"waiting: {reason}"
        case Waiting(reason, seconds):
            line = f"waiting {seconds:.0f} s: {reason}"
        case Retrying(reason):
            line = f"sending again: {reason}"
        case _:
            assert_never(event)
    return visible(line)


def push_lines(report: PushReport) -> Iterator[str]:
    """Yield how a push ended; the error itself is told by ``render.failure``."""
    for receipt in report.applied:
        yield f"Applied {receipt.version} {visible(receipt.name)}"
    for receipt in report.elsewhere:
        yield f"Found applied, by another run or delivery: {receipt.version} {visible(receipt.name)}"
    if report.outcome is PushOutcome.NOTHING_TO_DO:
        left = len(report.plan.of_state(State.PENDING, State.OUT_OF_ORDER, State.UNREADABLE, State.DUPLICATE))
        behind = f"; {left} behind --to are left" if left else ""
        yield f"Nothing to do: {'what was asked for' if left else 'every migration here'} is applied{behind}."
    if report.outcome is PushOutcome.DRY_RUN:
        yield "Dry run: nothing was changed."
    if report.error is not None and report.pending:
        yield "Not applied: " + ", ".join(receipt.version for receipt in report.pending)
    if report.verdict is not None:
        yield from (
            verdict_lines(report.verdict)
            if report.verdict.outcome != "confirmed"
            else (summary_line(report.verdict),)
        )
        edited = [entry.version for entry in report.plan.of_state(State.EDITED)]
        if edited and report.verdict.outcome == "differs":
            yield f"Edited after they were applied, so claimed as they are now: {', '.join(edited)}"
    elif report.unverified and report.error is None and report.outcome is not PushOutcome.DRY_RUN:
        yield f"Not verified: {visible(report.unverified)}"
