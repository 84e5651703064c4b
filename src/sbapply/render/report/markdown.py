"""Write a report as GitHub-flavoured Markdown in which nothing from names or data does anything."""

import re
from collections.abc import Iterator, Sequence

from sbapply.render.report.document import ReportDocument, Warned, cut
from sbapply.render.visible import visible

_BACKTICKS = re.compile("`+")
_SIGN = {"good": "✅", "bad": "❌", "open": "⚠️"}
_QUERY = 4_000


def markdown_page(report: ReportDocument, *, limit: int | None = None) -> str:
    """Return the report; with ``limit`` in at most so many bytes, its verdict all the same.

    What has no room is left out as a whole, and that is said.
    """
    end = ["## Self-check", "", f"{_SIGN[_verdict_tone(report)]} **{_plain(report.verdict)}**", ""]
    blocks = list(_blocks(report))
    if limit is None:
        return "\n".join([*(line for block in blocks for line in block), *end])
    note = ["", "_What has no room here is in a report file: `sbapply … --report FILE.html`._", ""]
    left = limit - _size(end) - _size(note)
    kept: list[str] = []
    whole = True
    for block in blocks:
        size = _size(block)
        # Without an earlier block a later one might stand under the wrong heading, so nothing follows a gap.
        whole = whole and size <= left
        if not whole:
            kept += note
            break
        kept += block
        left -= size
    return "\n".join([*kept, *end])


def code(text: str) -> str:
    """Return a text as a code span that is safe in a table's cell: mentions, links and HTML are dead in one."""
    shown = visible(cut(text))
    if not shown:
        return "_(empty)_"
    # A pipe would end the cell; behind a backslash renderers differ on whether it does, so it is written out there.
    shown = shown.replace("\\|", "\\\\x7c").replace("|", "\\|")
    longest = max(map(len, _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block_of(text: str, language: str = "") -> list[str]:
    """Return the lines of a fenced block that ``text`` cannot end."""
    shown = visible(cut(text, _QUERY), lines=True)
    longest = max(map(len, _BACKTICKS.findall(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *shown.split("\n"), fence]


def _blocks(report: ReportDocument) -> Iterator[list[str]]:
    """Yield the report in pieces that stand or are left out as a whole."""
    yield [f"# {_SIGN[report.tone]} sbapply {report.command}: {_word(report.outcome)}", ""]
    yield _table(("", ""), [(name, code(value)) for name, value in report.facts])
    yield from _failure(report)
    if report.fates:
        yield ["## Migrations", "", *_heads(("State", "Migration", "Time", ""))]
        for each in report.fates:
            seconds = f"{each.seconds:.2f} s" if each.seconds is not None else ""
            yield [_row((each.state, code(each.title), seconds, each.note))]
        yield [""]
    yield from _listed("Would be sent", report.planned)
    yield from _listed("Rows that were asked", report.data)
    yield from _listed("Locks", report.locks)
    yield from _listed("Advisors", report.advice)
    yield from _listed("Warnings", [warned(each) for each in report.warnings])
    yield from _listed("Migrations without a claim", report.unclaimed)
    if report.timings:
        yield ["## Requests", "", *_heads(("Request", "Migrations", "Answer", "Time"))]
        for timed in report.timings:
            versions = code(", ".join(timed.versions)) if timed.versions else ""
            yield [_row((code(timed.what), versions, code(timed.answer), f"{timed.seconds:.2f} s"))]
        yield [""]
    yield from _evidence(report)


def _failure(report: ReportDocument) -> Iterator[list[str]]:
    failure = report.failure
    if failure is None:
        return
    said = [("Code", failure.code), ("Where", failure.place), ("SQLSTATE", failure.sqlstate)]
    said += [("Detail", failure.detail), ("Hint", failure.hint), ("Next", failure.next_step)]
    rows = [(name, code(value)) for name, value in said if value]
    yield ["## Error", "", *block_of(failure.message), "", *_table(("", ""), rows)]


def _evidence(report: ReportDocument) -> Iterator[list[str]]:
    if not report.claims:
        return
    yield ["## Evidence", ""]
    # First what was found, then how it was asked: where room is short, the queries go first.
    for version, claims in report.by_version().items():
        heads = _heads(("Status", "Object", "Kind", "Expected", "Found"))
        yield [f"### {code(report.name_of(version))}", "", *heads]
        for each in claims:
            status = f"{_SIGN[each.tone]} {_word(each.status)}"
            yield [_row((status, code(each.object), code(each.kind), code(each.expectation), code(each.finding)))]
        yield [""]
    yield ["### Queries", ""]
    for claim in sorted(report.claims, key=lambda each: each.tone != "bad"):
        if claim.tone == "bad":
            yield [code(claim.object), "", *block_of(claim.query.strip(), "sql"), ""]
        else:
            yield [
                "<details><summary>query</summary>",
                "",
                code(claim.object),
                "",
                *block_of(claim.query.strip(), "sql"),
                "",
                "</details>",
                "",
            ]


def warned(warning: Warned) -> str:
    """Return a warning behind its place."""
    place = ":".join(filter(None, (warning.file, str(warning.line or ""))))
    return f"{place}: {warning.message}" if place and place not in warning.message else warning.message


def _listed(title: str, lines: Sequence[str]) -> Iterator[list[str]]:
    if lines:
        yield [f"## {title}", ""]
        yield from ([f"- {code(each)}"] for each in lines)
        yield [""]


def _verdict_tone(report: ReportDocument) -> str:
    return {"confirmed": "good", "differs": "bad"}.get(report.verdict_outcome, "open")


def _plain(text: str) -> str:
    """Return a sentence of our own as it is; one that holds anything else as a code span."""
    return text if re.fullmatch(r"[A-Za-z0-9 ,:.]*", text) else code(text)


def _word(text: str) -> str:
    return text if re.fullmatch(r"[a-z][a-z-]*", text) else code(text)


def _heads(names: Sequence[str]) -> list[str]:
    return [_row(names), _row(["---"] * len(names))]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [*_heads(heads), *map(_row, rows), ""]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
