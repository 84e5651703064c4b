"""Show as text which migration was written."""

from collections.abc import Iterator

from sbapply.catalog.ddl.restore import Loss
from sbapply.render.visible import visible
from sbapply.verbs.from_diff import FromDiffReport
from sbapply.verbs.new import NewReport


def new_lines(report: NewReport) -> Iterator[str]:
    """Yield the file."""
    word = "Would be written" if report.dry_run else "Written"
    yield visible(f"{word}: {report.file} ({report.size:,} bytes)")


def from_diff_lines(report: FromDiffReport) -> Iterator[str]:
    """Yield the file, how it was held against the project, and the command that records it."""
    yield f"Project: {visible(report.target.title)}"
    yield from map(visible, report.notes)
    made = report.migration
    if made is None:
        yield "Nothing to do: the project is what its migrations make."
        return
    if report.dry_run:
        yield from map(visible, made.text.splitlines())
    count = len(report.statements)
    word = "Would be written" if report.dry_run else "Written"
    yield visible(f"{word}: {made.file} ({count} statement{'' if count == 1 else 's'})")
    lost = sum(each.loss is Loss.CERTAIN for each in report.statements)
    if lost:
        yield f"Commented out, because data is lost where it is run: {lost}"
    if report.different:
        yield f"DIFFERENT: replayed, {len(report.different)} objects are not as on the project:"
        yield from (f"  {visible(each)}" for each in report.different)
    else:
        yield "Replayed: 0 differences from the project."
    if not report.dry_run:
        yield f"Next: `sbapply repair applied {made.version}` records it; the project has it already."
