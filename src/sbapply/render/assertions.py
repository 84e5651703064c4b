"""Show assertions as text: each with its place, and what was found where it is not confirmed."""

from collections.abc import Iterator, Sequence

from sbapply.migrations.files import Skipped
from sbapply.render.visible import visible
from sbapply.verify.assertions import AssertionResult

_WIDTH = 100


def assertion_lines(results: Sequence[AssertionResult], skipped: Sequence[Skipped] = ()) -> Iterator[str]:
    """Yield a line or two an assertion, what of the folder is none, and the counts last; nothing for nothing."""
    if not results and not skipped:
        return
    yield ""
    for result in results:
        yield f"  {result.status:<11}  {visible(_asserted(result))}"
        if result.status != "confirmed":
            yield f"               {visible(result.found)}"
    for each in skipped:
        yield f"  not read     {visible(each.file)}: {each.reason}"
    yield ""
    yield assertion_summary(results)


def assertion_summary(results: Sequence[AssertionResult]) -> str:
    """Return the counts in one line."""
    statuses = [result.status for result in results]
    return (
        f"Assertions: {statuses.count('confirmed')} of {len(statuses)} confirmed, "
        f"{statuses.count('differs')} differ, {statuses.count('not-run')} not run"
    )


def _asserted(result: AssertionResult) -> str:
    text = result.text if len(result.text) <= _WIDTH else result.text[:_WIDTH] + "…"
    return ": ".join(filter(None, (str(result.place or result.file), text)))
