"""Turn an error into lines: the only place that does."""

from sbapply.errors import Place, SbapplyError
from sbapply.render.visible import columns, visible
from sbapply.verbs.failure import file_of, sql_error_of

_EXCERPT = 100


def failure_lines(error: SbapplyError) -> list[str]:
    """Return what a person is told: the sentence, the place, what Postgres said, and the next step."""
    lines = [f"sbapply: {sentence(error)}"]
    if error.place is not None:
        lines += place_lines(error.place)
    said = sql_error_of(error)
    if said is not None:
        lines.append(f"  SQLSTATE {said.sqlstate}")
        lines += [f"  DETAIL: {visible(said.detail)}"] if said.detail else []
        lines += [f"  HINT: {visible(said.hint)}"] if said.hint else []
    if error.next_step:
        lines.append(visible(f"Next: {error.next_step}"))
    return lines


def traceback_lines(error: SbapplyError) -> list[str]:
    """Return the traceback of an error and of what led to it, for --debug; values of variables are not in it."""
    import traceback

    text = "".join(traceback.format_exception(error))
    return [f"debug: {visible(line)}" for line in text.splitlines()]


def sentence(error: SbapplyError) -> str:
    """Return the error's sentence behind the place or the file it is about."""
    where = error.place or file_of(error)
    return visible(f"{where}: {error.message}" if where is not None else error.message, lines=True)


def place_lines(place: Place) -> list[str]:
    """Return the line of the file with a caret under the column, cut around it where it is long."""
    if not place.excerpt.strip():
        return []
    start = max(0, place.column - 1 - _EXCERPT // 2)
    before = visible(place.excerpt[start : place.column - 1])
    after = visible(place.excerpt[place.column - 1 : start + _EXCERPT])
    number = f"{place.line:>6} | "
    return [f"{number}{before}{after}", " " * (len(number) + columns(before)) + "^"]
