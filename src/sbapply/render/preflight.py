"""Show as text what the project's rows said to the pending migrations."""

from collections.abc import Iterator, Mapping

from sbapply.preflight.answers import Preflight, Status
from sbapply.render.visible import visible

_WORDS: Mapping[Status, str] = {
    "holds": "holds",
    "violated": "would fail",
    "repaired-maybe": "warning",
    "not-asked": "not asked",
}


def data_lines(data: Preflight) -> Iterator[str]:
    """Yield what is worth telling: each finding with up to three of the rows, and how many demands hold."""
    for answer in data.worth_telling:
        sentence = answer.sentence.removeprefix("not asked ")
        yield visible(f"Data, {_WORDS[answer.status]}: {sentence}")
        for row in answer.sample:
            yield visible(f"    {_row(row)}")
    held = len(data.answers) - len(data.worth_telling)
    if held:
        yield f"Data: {held} demand{' holds' if held == 1 else 's hold'} on the rows that are there."


def _row(row: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} = {'null' if value is None else value}" for name, value in row.items())
