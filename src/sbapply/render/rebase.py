"""Show renamed files as text."""

from collections.abc import Iterator

from sbapply.render.visible import visible
from sbapply.verbs.rebase import RebaseReport


def rename_lines(report: RebaseReport) -> Iterator[str]:
    """Yield each rename, before anybody is asked."""
    yield f"Project: {visible(report.target.title)}"
    yield f"Newest applied: {visible(report.newest) or 'none'}"
    for each in report.renames:
        yield visible(f"  {each.migration.file} -> {each.file}")


def rebase_lines(report: RebaseReport) -> Iterator[str]:
    """Yield how it ended; an error is told by ``render.failure``."""
    count = len(report.done)
    match report.outcome:
        case "renamed":
            yield f"Renamed {count} file{'' if count == 1 else 's'}; nothing in them was changed."
        case "dry-run":
            yield "Nothing was renamed: this was a dry run."
        case "nothing-to-do":
            yield "Nothing to do: no file that is not applied is older than what is."
        case _ if count:
            yield f"Renamed before it ended: {', '.join(visible(each.file) for each in report.done)}"
        case _:
            pass


def question_of(report: RebaseReport) -> str:
    """Return the question that consent is asked with."""
    count = len(report.renames)
    return f"Rename {count} file{'' if count == 1 else 's'} in {report.target.folder.path}?"
