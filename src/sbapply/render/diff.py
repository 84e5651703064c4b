"""Show how a project's schema differs from the one that its migrations make."""

import json
from collections.abc import Iterator
from itertools import groupby

from sbapply.catalog.drift import Drift
from sbapply.catalog.names import named
from sbapply.database import Json
from sbapply.render.visible import visible
from sbapply.verbs.diff import DiffReport, missing_files

_WIDTH = 200
_WORDS = {"extra": "only on the project", "missing": "missing on the project", "different": "different"}


def diff_lines(report: DiffReport) -> Iterator[str]:
    """Yield the differences, grouped by the object that they are about, and the verdict last."""
    yield f"Project: {visible(report.target.title)}"
    for about, drifts in groupby(report.drifts, key=lambda each: each.about):
        yield ""
        yield visible(named(*about))
        for each in drifts:
            yield from _drift_lines(each)
    yield ""
    for version in missing_files(report):
        yield f"{visible(version)} is applied and has no file here (`sbapply fetch`): what it made is listed."
    yield from (visible(f"Not compared: {each}") for each in report.not_covered)
    count = len(report.drifts)
    yield f"{count} difference{'' if count == 1 else 's'}." if count else "The project is what its migrations make."


def statement_lines(report: DiffReport) -> Iterator[str]:
    """Yield the statements that would bring the project back as a script, with what they lose as comments."""
    yield visible(f"-- What would bring {report.target.title} back to what its migrations make. Nothing was run.")
    for each in report.statements or ():
        yield ""
        if each.warning:
            yield from (f"-- {visible(line)}" for line in each.warning.splitlines())
        if each.sql:
            yield from map(visible, f"{each.sql};".splitlines())


def _drift_lines(each: Drift) -> Iterator[str]:
    what = "" if each.identity == each.about else f"{named(*each.identity)}: "
    yield visible(f"  {what}{_WORDS[each.side]}")
    for name, (expected, found) in each.facts.items():
        yield visible(f"    {name.replace('_', ' ')}: {_plain(found)}, not {_plain(expected)}")


def _plain(value: Json) -> str:
    text = value if isinstance(value, str) else "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
