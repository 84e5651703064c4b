"""Show a push as text: what happens on the way, and how it ended."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from sbapply.apply.outcome import (
    Applied,
    Carrying,
    Clearing,
    Event,
    Finding,
    IndexLeft,
    Part,
    PartApplied,
    Retrying,
    Sending,
    SendingAlone,
    SendingFile,
    Settling,
    Waiting,
)
from sbapply.apply.preview import Deed, PlannedPart, PlannedRequest
from sbapply.history.plan import State
from sbapply.render.assertions import assertion_lines, assertion_summary
from sbapply.render.files import done_lines
from sbapply.render.verify import summary_line, verdict_lines, warning_lines
from sbapply.render.visible import visible
from sbapply.verbs.pushed import PushOutcome, PushReport


def event_line(event: Event) -> str:
    """Return an event as one line."""
    line: str
    match event:
        case Sending() | SendingFile() | Clearing():
            line = _request(event)
        case SendingAlone(part, what):
            line = f"alone: {_part(part)}, {what}"
        case Carrying(receipt, carried, total):
            percent = 100 * carried // max(total, 1)
            line = f"carrying {receipt.version}: {carried:,} of {total:,} characters are there ({percent} %)"
        case PartApplied(part):
            line = f"applied {_part(part)}"
        case Applied(receipt):
            line = f"applied {receipt.version} {receipt.name}"
        case _:
            line = _finding(event)
    return visible(line)


def _finding(event: Finding) -> str:
    match event:
        case Settling(reason):
            return f"settling, because the answer was: {reason}"
        case Waiting(reason, seconds):
            return f"waiting{f' {seconds:.0f} s' if seconds is not None else ''}: {reason}"
        case Retrying(reason):
            return f"sending again: {reason}"
        case IndexLeft(index):
            drop = f"`drop index concurrently {index}`"
            return f"left by a REINDEX CONCURRENTLY that broke off: the invalid index {index}; drop it ({drop})"
        case _:
            assert_never(event)


def _request(event: Sending | SendingFile | Clearing) -> str:
    match event:
        case Sending():
            what = _migrations(event)
        case SendingFile():
            what = event.path
        case Clearing(_, versions):
            which = versions[0] if len(versions) == 1 else f"{len(versions)} versions"
            what = f"clear what is left of the parts of {which}, applied elsewhere"
        case _:
            assert_never(event)
    return f"request {event.number}: {what}, {event.bytes:,} bytes"


def _migrations(event: Sending) -> str:
    versions, part = event.versions, event.part
    count = f"{len(versions)} migration{'' if len(versions) == 1 else 's'}"
    span = versions[0] if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"
    behind = f" from part {part.number} of {part.count}" if part is not None else ""
    return f"{count}, {span}{behind}"


def _part(part: Part) -> str:
    return f"{part.receipt.version} {part.receipt.name}, part {part.number} of {part.count}"


def planned_lines(requests: Sequence[PlannedRequest]) -> Iterator[str]:
    """Yield what a dry run would have sent: each request with its parts, their time limits, and its size."""
    if not requests:
        return
    for number, request in enumerate(requests, start=1):
        yield f"Request {number}: about {request.bytes:,} bytes"
        yield from (f"  {_planned(part)}" for part in request.parts)
    count = len(requests)
    yield f"{count} request{'' if count == 1 else 's'} would be sent, and one to read the history."


def _planned(part: PlannedPart) -> str:
    number = f" part {part.number} of {part.count}" if part.count > 1 else ""
    does = {
        Deed.RUN: "in a transaction with its row",
        Deed.CLAIM: f"claim {part.what}",
        Deed.ALONE: f"alone: {part.what}",
        Deed.FINISH: f"check {part.what}, and write the row",
        Deed.RELEASE: "undo an earlier claim",
        Deed.CLEAR: "clear what is left of its parts, for it was applied elsewhere",
        Deed.CARRY: "carry its statements in pieces",
    }[part.deed]
    options = f", {part.begin_options}" if part.begin_options else ""
    limits = f"lock_timeout {part.lock_timeout}, statement_timeout {part.statement_timeout}"
    return visible(f"{part.version}{number}: {does}{options} ({limits})")


_LEFT = (State.PENDING, State.OUT_OF_ORDER, State.UNREADABLE, State.DUPLICATE, State.RELABELLED)


def push_lines(report: PushReport) -> Iterator[str]:
    """Yield how a push ended; the error itself is told by ``render.failure``."""
    for receipt in report.applied:
        yield f"Applied {receipt.version} {visible(receipt.name)}"
    for receipt in report.elsewhere:
        yield f"Found applied, by another run or delivery: {receipt.version} {visible(receipt.name)}"
    yield from done_lines(report.files) if report.outcome is not PushOutcome.DRY_RUN else ()
    if report.skipped:
        yield visible(f"Migrations were left alone: {report.skipped}.")
    elif report.outcome is PushOutcome.NOTHING_TO_DO:
        left = len(report.plan.of_state(*_LEFT))
        behind = f"; {left} behind --to are left" if left else ""
        yield f"Nothing to do: {'what was asked for' if left else 'every migration here'} is applied{behind}."
    for half in report.half:
        yield f"Half applied: {half.version} {visible(half.name)}, {half.done} of {half.count} parts"
    if report.outcome is PushOutcome.DRY_RUN:
        yield from planned_lines(report.requests)
        yield "Dry run: nothing was changed."
    if report.error is not None and report.pending:
        yield "Not applied: " + ", ".join(receipt.version for receipt in report.pending)
    yield from _proof_lines(report)
    if report.assertions:
        all_true = all(result.status == "confirmed" for result in report.assertions)
        results = report.assertions
        yield from (assertion_summary(results),) if all_true else assertion_lines(results)
    if report.advisors is not None:
        from sbapply.render.advisors import change_lines

        yield from change_lines(report.advisors)


def _proof_lines(report: PushReport) -> Iterator[str]:
    if report.verdict is not None:
        yield from (
            verdict_lines(report.verdict)
            if report.verdict.outcome != "confirmed"
            else (summary_line(report.verdict),)
        )
        yield from warning_lines(report.verdict)
        edited = [entry.version for entry in report.plan.of_state(State.EDITED)]
        if edited and report.verdict.outcome == "differs":
            yield f"Edited after they were applied, so claimed as they are now: {', '.join(edited)}"
    elif report.unverified and report.error is None and report.outcome is not PushOutcome.DRY_RUN:
        yield f"Not verified: {visible(report.unverified)}"
