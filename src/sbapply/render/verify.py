"""Show a verdict as text: every claim with what was found."""

import json
from collections.abc import Iterator, Mapping

from sbapply.database import Json
from sbapply.render.visible import visible
from sbapply.verify.verdict import ClaimResult, Verdict

_WIDTH = 200


def verdict_lines(verdict: Verdict, *, queries: bool = False) -> Iterator[str]:
    """Yield a line or more a claim, grouped by migration, and the verdict last.

    A claim that is not confirmed shows the query that asked; ``queries`` shows it for all.
    """
    version = None
    for result in sorted(verdict.results, key=lambda result: (result.version, result.kind != "history")):
        if result.version != version:
            version = result.version
            yield ""
            yield f"{version}"
        yield from _result_lines(result, queries=queries)
    yield ""
    yield summary_line(verdict)


def unclaimed_lines(verdict: Verdict) -> Iterator[str]:
    """Yield a line a migration about which nothing is claimed."""
    return (visible(each.sentence) for each in verdict.unclaimed)


def warning_lines(verdict: Verdict) -> Iterator[str]:
    """Yield a line a warning."""
    return (f"Warning: {visible(each.message)}" for each in verdict.warnings)


def summary_line(verdict: Verdict) -> str:
    """Return the verdict and its counts in one line."""
    word = {
        "confirmed": "Verified",
        "partly-confirmed": "PARTLY VERIFIED",
        "differs": "DIFFERENT",
        "nothing-claimed": "Nothing was claimed about any object, so nothing is proved",
    }[verdict.outcome]
    return (
        f"{word}: {verdict.confirmed} of {verdict.claims} claims confirmed, {verdict.differs} differ, "
        f"{verdict.not_probed} not probed"
    )


def _result_lines(result: ClaimResult, *, queries: bool) -> Iterator[str]:
    yield f"  {result.status:<11}  {visible(result.object)}: {_fact(result.found)}"
    if isinstance(result.rows, dict):
        yield f"               {_rows(result.rows)}"
    if result.status in ("differs", "missing"):
        yield f"               expected {_fact(result.expected)}"
    if queries or result.status not in ("confirmed", "not-probed"):
        yield from (f"               {visible(line)}" for line in result.query.strip().split("\n"))


def _fact(value: Json) -> str:
    """Return a fact as short words: only what is set."""
    if isinstance(value, dict):
        return visible(", ".join(_pair(key, each) for key, each in value.items() if each is not None))
    return "absent" if value is None else visible(_plain(value))


def _pair(key: str, value: Json) -> str:
    return f"{key} {_plain(value)}"


def _plain(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else text[:_WIDTH] + "…"


def _rows(rows: Mapping[str, Json]) -> str:
    if "reason" in rows:
        return visible(f"rows not counted: {rows['reason']}")
    at_default = rows.get("at_default")
    shown = "not comparable" if at_default is None else str(at_default)
    return f"rows {rows.get('rows')}, nulls {rows.get('nulls')}, at the default {shown}"
