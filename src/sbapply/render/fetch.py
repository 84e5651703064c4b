"""Show what was fetched as text."""

from collections.abc import Iterator

from sbapply.render.visible import visible
from sbapply.verbs.fetch import FetchReport, FetchState

_ENDS = {
    "dry-run": "Nothing was written: this was a dry run.",
    "nothing-to-do": "Nothing to write.",
}


def fetch_lines(report: FetchReport) -> Iterator[str]:
    """Yield the project, a line a row, and how it ended; an error is told by ``render.failure``."""
    yield f"Project: {visible(report.target.title)}"
    for each in report.fetched:
        what = visible(each.file or f"{each.version} {each.name}".rstrip())
        reason = f"  ({visible(each.reason)})" if each.reason else ""
        yield f"  {each.state.value:<8}  {what}{reason}"
    written = sum(each.state is FetchState.WRITTEN for each in report.fetched)
    if written:
        yield f"Written: {written} file{'' if written == 1 else 's'}; the project was only read."
    elif report.outcome in _ENDS:
        yield _ENDS[report.outcome]
