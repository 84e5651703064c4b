"""Write a report as an HTML page that stands alone: no script, and nothing from outside."""

from collections.abc import Iterator, Sequence
from importlib.resources import files

from sbapply.render.report.document import Claimed, Fate, ReportDocument, Tone
from sbapply.render.report.drawing import drawn
from sbapply.render.report.markup import Markup, element, escaped, joined
from sbapply.render.report.picture import picture_of

MOST_QUERIES = 500
"""So many claims show the query behind each; of more, only those that are not confirmed do."""

_FATE: dict[str, Tone] = {"applied": "good", "found applied": "good", "half applied": "bad", "not applied": "open"}


def html_page(report: ReportDocument) -> str:
    """Return the page; whatever comes from names or data stands in it as text alone."""
    style = files("sbapply.render.report").joinpath("report.css").read_text(encoding="utf-8")
    head = (
        Markup('<meta charset="utf-8">'),
        Markup(
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\">"
        ),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", report.title),
        element("style", Markup(style)),
    )
    body = element("body", element("main", *_sections(report)))
    page = element("html", element("head", *head), body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _sections(report: ReportDocument) -> Iterator[Markup]:
    yield element(
        "header",
        element("h1", report.project),
        badge(f"{report.command}: {report.outcome}", report.tone),
    )
    yield _section("Run", _facts(report.facts))
    yield from _failure(report)
    yield from _fates(report.fates)
    yield from _listed("Would be sent", report.planned)
    yield from _picture(report)
    yield from _listed("Rows that were asked", report.data)
    yield from _listed("Locks", report.locks)
    yield from _listed("Advisors", report.advice)
    yield from _listed("Warnings", [_warned(each.file, each.line, each.message) for each in report.warnings])
    yield from _listed("Migrations without a claim", report.unclaimed)
    yield from _timings(report)
    yield from _evidence(report)
    verdict = element("p", report.verdict)
    yield element("section", element("h2", "Self-check"), verdict, class_=f"verdict {verdict_tone(report)}")


def badge(text: str, tone: Tone) -> Markup:
    """Return a word with a colour."""
    return element("span", text, class_=f"badge {tone}")


def verdict_tone(report: ReportDocument) -> Tone:
    """Return how good the verdict's news is."""
    return {"confirmed": "good", "differs": "bad"}.get(report.verdict_outcome, "open")  # type: ignore[return-value]


def _section(title: str, *content: str) -> Markup:
    return element("section", element("h2", title), *content)


def _facts(facts: Sequence[tuple[str, str]]) -> Markup:
    return element("dl", *(joined(element("dt", name), element("dd", value)) for name, value in facts))


def _warned(file: str, line: int | None, message: str) -> str:
    place = f"{file}:{line}: " if file and line else f"{file}: " if file and file not in message else ""
    return f"{place}{message}"


def _failure(report: ReportDocument) -> Iterator[Markup]:
    failure = report.failure
    if failure is None:
        return
    said = [("Where", failure.place), ("SQLSTATE", failure.sqlstate), ("Detail", failure.detail)]
    said += [("Hint", failure.hint), ("Next", failure.next_step)]
    yield element(
        "section",
        element("h2", "Error ", badge(failure.code, "bad")),
        element("pre", escaped(failure.message, lines=True)),
        _facts([(name, value) for name, value in said if value]),
        class_="failure",
    )


def _fates(fates: Sequence[Fate]) -> Iterator[Markup]:
    if fates:
        rows = [
            (
                element("td", badge(each.state, _FATE[each.state])),
                element("td", element("code", each.title)),
                element("td", each.note),
                element("td", f"{each.seconds:.2f} s" if each.seconds is not None else "", class_="number"),
            )
            for each in fates
        ]
        yield _section(
            "Migrations",
            _table((("State", "narrow"), ("Migration", ""), ("", "middle"), ("Time", "narrow number")), rows),
        )


def _listed(title: str, lines: Sequence[str]) -> Iterator[Markup]:
    if lines:
        yield _section(title, element("ul", *(element("li", each) for each in lines)))


def _picture(report: ReportDocument) -> Iterator[Markup]:
    made = report.applied
    picture = picture_of(report.claims, made)
    if not picture.boxes:
        return
    caption = "Underlined: primary key. ?: may be null. Dashed: nothing is claimed about it."
    if made:
        caption = f"+ and green: made or changed by this push. {caption}"
    if picture.left_out:
        caption += f" {picture.left_out} more tables have no room here."
    title = "Tables of this push" if made else "Tables of the newest migrations"
    yield _section(title, element("figure", drawn(picture), element("figcaption", caption)))


def _timings(report: ReportDocument) -> Iterator[Markup]:
    if report.timings:
        rows = [
            (
                element("td", each.what),
                element("td", ", ".join(each.versions), class_="mono"),
                element("td", each.answer),
                element("td", f"{each.seconds:.2f} s", class_="number"),
            )
            for each in report.timings
        ]
        heads = (("Request", ""), ("Migrations", ""), ("Answer", "narrow"), ("Time", "narrow number"))
        yield _section("Requests", _table(heads, rows))


def _evidence(report: ReportDocument) -> Iterator[Markup]:
    if not report.claims:
        return
    all_queries = len(report.claims) <= MOST_QUERIES
    pieces = []
    heads = (("Status", "narrow"), ("Object", "middle"), ("Expected", ""), ("Found", ""))
    for version, claims in report.by_version().items():
        rows = [_claim(each, query=all_queries or each.status != "confirmed") for each in claims]
        pieces += [element("h3", report.name_of(version)), _table(heads, rows)]
    if not all_queries:
        pieces.append(element("p", "The queries of what is confirmed are in the .json report.", class_="dim"))
    yield _section("Evidence", *pieces)


def _claim(claim: Claimed, *, query: bool) -> Sequence[Markup]:
    asked = element(
        "details", element("summary", "query"), element("pre", escaped(claim.query.strip(), lines=True))
    )
    kind = element("span", f" {claim.kind}", class_="dim")
    return (
        element("td", badge(claim.status, claim.tone)),
        element("td", element("code", claim.object), kind, *([asked] if query else [])),
        element("td", element("code", claim.expectation)),
        element("td", element("code", claim.finding)),
    )


def _table(heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[Markup]]) -> Markup:
    titles = (element("th", title, class_=kind or None) for title, kind in heads)
    return element(
        "table",
        element("thead", element("tr", *titles)),
        element("tbody", *(element("tr", *cells) for cells in rows)),
    )
