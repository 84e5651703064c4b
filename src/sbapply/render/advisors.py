"""Show what advisors found as text: the gravest first, each with its object and what to do."""

from collections.abc import Iterator, Sequence

from sbapply.advise.finding import Finding
from sbapply.render.visible import visible
from sbapply.verbs.advisors import Advice, AdviceChange

_WHO = {"platform": "by the platform's advisors", "sql": "by sbapply's own rules"}


def change_lines(change: AdviceChange) -> Iterator[str]:
    """Yield what is new since before the push, or why that is not known."""
    yield from _note_lines(change.before)
    if change.reason or change.after is None:
        yield f"Advisors: not compared: {visible(change.reason)}"
        return
    counts = (
        f"{len(change.before.findings)} before, {len(change.after.findings)} after, {_WHO[change.before.source]}"
    )
    yield f"Advisors: {_counted(len(change.new), 'new finding')} ({counts})"
    yield from _finding_lines(change.new)


def advice_lines(advice: Advice) -> Iterator[str]:
    """Yield every finding, or why none is known."""
    yield ""
    yield from _note_lines(advice)
    if advice.reason:
        yield f"Advisors: not asked: {visible(advice.reason)}"
        return
    yield f"Advisors: {_counted(len(advice.findings), 'finding')} ({_WHO[advice.source]})"
    yield from _finding_lines(advice.findings)


def _note_lines(advice: Advice) -> Iterator[str]:
    if advice.note:
        yield f"The platform's advisors gave no answer: {visible(advice.note)}"


def _finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    for each in findings:
        subject = f": {each.subject}" if each.subject else ""
        yield f"  {visible(each.level):<5}  {visible(each.title + subject)}"
        yield f"         {visible(each.detail)}"
        yield f"         to do: {visible(each.remediation)}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
