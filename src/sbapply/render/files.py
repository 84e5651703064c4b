"""Show what a push runs beside its migrations as text."""

from collections.abc import Iterator

from sbapply.history.seeds import PlannedFile
from sbapply.render.visible import visible
from sbapply.verbs.files import Files


def file_lines(files: Files) -> Iterator[str]:
    """Yield what would run, before anybody is asked."""
    yield from (f"Note: {visible(note)}" for note in files.notes)
    if files.roles is not None:
        yield f"Roles: {_file(files.roles)}, before the migrations, each time they are asked for"
    if files.seeds:
        yield "Seeds, behind the migrations:"
        yield from (f"  {_seed(each)}" for each in files.seeds)


def done_lines(files: Files) -> Iterator[str]:
    """Yield what was run, and what was not."""
    for each in files.planned:
        what = "Noted the new hash of" if each.only_noted else "Ran"
        if each.file.path in files.done:
            yield f"{what} {visible(each.file.path)}"
    for path in files.unknown:
        yield f"Unknown whether it ran: {visible(path)}"
    left = [each.file.path for each in files.planned if each.file.path not in (*files.done, *files.unknown)]
    if left:
        yield f"Not run: {visible(', '.join(left))}"


def _seed(planned: PlannedFile) -> str:
    if planned.only_noted:
        reason = "it ran once and has changed since: its new hash is noted, and it is not run again"
        return f"note  {visible(planned.file.path)}  ({reason})"
    return f"run   {_file(planned)}"


def _file(planned: PlannedFile) -> str:
    return f"{visible(planned.file.path)} ({len(planned.file.text.encode()):,} bytes)"
