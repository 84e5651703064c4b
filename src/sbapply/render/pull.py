"""Show what a pull wrote as text."""

from collections.abc import Iterator

from sbapply.render.visible import visible
from sbapply.verbs.pull import PullReport


def pull_lines(report: PullReport) -> Iterator[str]:
    """Yield the file, what it builds, how that was checked, and what it cannot hold."""
    yield f"Project: {visible(report.target.title)}"
    yield f"Written: {visible(report.file)} ({report.statements} statements)"
    yield "Builds:  " + (
        ", ".join(f"{count} {kind}" for kind, count in report.kinds) or "nothing; the schema is empty"
    )
    if report.different is None:
        yield f"Not replayed: {visible(report.note)}"
    elif report.different:
        yield f"DIFFERENT: replayed, {len(report.different)} objects are not as on the project:"
        yield from (f"  {visible(each)}" for each in report.different)
    else:
        count = sum(count for _, count in report.kinds)
        yield f"Replayed: all {count} objects come out as they are on the project."
    if report.not_covered:
        yield "Not covered, so not in the file:"
        yield from (f"  {visible(each)}" for each in report.not_covered)
    yield "It is not in the project's history: a push would run it there, and fail on what is there already."
    yield "Next: `sbapply baseline` records it as applied."
