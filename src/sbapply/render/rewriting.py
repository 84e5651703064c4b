"""Show changes of the history as text."""

from collections.abc import Iterator

from sbapply.history.rewrite import Change, Forget, Put, Relabel, Take
from sbapply.render.visible import visible
from sbapply.verbs.rewriting import RewriteOutcome, RewriteReport

_ENDS = {
    RewriteOutcome.REWRITTEN: "Done: the history is as shown.",
    RewriteOutcome.DRY_RUN: "Nothing was written: this was a dry run.",
    RewriteOutcome.NOTHING_TO_DO: "Nothing to do.",
}


def change_lines(report: RewriteReport) -> Iterator[str]:
    """Yield the project, each change of its history, and what else is to be said, before anybody is asked."""
    yield f"Project: {visible(report.target.title)}"
    for change in report.changes:
        yield visible(f"  {_line(report, change)}")
    yield from map(visible, report.notes)


def rewrite_lines(report: RewriteReport) -> Iterator[str]:
    """Yield how it ended; an error is told by ``render.failure``."""
    if report.outcome in _ENDS:
        yield _ENDS[report.outcome]


def question_of(report: RewriteReport) -> str:
    """Return the question that consent is asked with."""
    count = len(report.changes)
    return f"Change {count} row{'' if count == 1 else 's'} of the history of {report.target.title}?"


def _line(report: RewriteReport, change: Change) -> str:
    row = report.rows.get(change.version)
    match change:
        case Put():
            count = "no text" if change.statements is None else _statements(len(change.statements))
            what = "write  " if row is None else "replace"
            return f"{what}  {change.version} {change.name or ''} ({count})"
        case Take():
            return f"remove   {change.version} {(row.name if row else None) or ''}".rstrip()
        case Relabel():
            was = f"{change.version} {(row.name if row else None) or ''}".rstrip()
            return f"relabel  {was} -> {change.to} {change.name or ''}".rstrip()
        case Forget():
            return f"clear    {change.version}: traces of its parts"


def _statements(count: int) -> str:
    return f"{count} statement{'' if count == 1 else 's'}"
