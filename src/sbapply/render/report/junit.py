"""Write a report as JUnit: a suite a migration, a case a claim, the push first and the verdict last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sbapply.render.report.document import Claimed, Failure, Fate, ReportDocument
from sbapply.render.report.markup import Markup, element, escaped


@dataclass(frozen=True, slots=True)
class _Case:
    """Hold one case; ``kind`` is '' for one that passed, else failure, error or skipped."""

    name: str
    seconds: float = 0.0
    kind: str = ""
    message: str = ""
    text: str = ""
    output: str = ""


def junit_xml(report: ReportDocument) -> str:
    """Return the document: what differs or is missing is a failure, what could not be tried is skipped."""
    suites = list(_suites(report))
    cases = [case for _, found in suites for case in found]
    root = element(
        "testsuites",
        *(_suite(report, number, name, found) for number, (name, found) in enumerate(suites)),
        name=f"sbapply {report.command}",
        **_counted(cases),
        time=f"{report.seconds:.3f}",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'


def _suites(report: ReportDocument) -> Iterator[tuple[str, list[_Case]]]:
    yield f"{report.command} {report.project}", [_run(report)]
    claims = report.by_version()
    fates = {each.version: each for each in report.fates}
    for version in sorted({*claims, *fates}):
        fate = fates.get(version)
        found = [_fate(fate, report.failure)] if fate is not None else []
        found += [_claim(each) for each in claims.get(version, ())]
        yield (fate.title if fate is not None else report.name_of(version)), found
    yield "verdict", [_verdict(report)]


def _run(report: ReportDocument) -> _Case:
    name = f"{report.command} {report.project}"
    lines = [f"outcome: {report.outcome}", *(f"data: {each}" for each in report.data)]
    lines += [f"lock: {each}" for each in report.locks]
    lines += [f"advisors: {each}" for each in report.advice]
    lines += [f"warning: {each.message}" for each in report.warnings]
    lines += report.unclaimed
    lines += [f"{each.what}: {each.seconds:.3f} s, {each.answer}" for each in report.timings]
    output = "\n".join(lines)
    if report.failure is None:
        return _Case(name, report.seconds, output=output)
    # Nobody can tell what became of it: that is no failed expectation.
    kind = "error" if report.exit_status in {5, 130} else "failure"
    return _Case(name, report.seconds, kind, report.failure.message, _told(report.failure), output)


def _fate(fate: Fate, failure: Failure | None) -> _Case:
    seconds = fate.seconds or 0.0
    if fate.state in {"applied", "found applied"}:
        return _Case("applied", seconds, output=fate.state)
    if failure is not None and failure.version == fate.version:
        return _Case("applied", seconds, "failure", failure.message, _told(failure))
    return _Case("applied", seconds, "skipped", f"{fate.state} {fate.note}".strip())


def _claim(claim: Claimed) -> _Case:
    name = f"{claim.object} ({claim.kind})"
    output = f"expected {claim.expectation}\nfound {claim.finding}\n{claim.query.strip()}"
    if claim.tone == "good":
        return _Case(name, output=output)
    if claim.tone == "bad":
        message = f"{claim.status}: expected {claim.expectation}, found {claim.finding}"
        return _Case(name, kind="failure", message=message, text=output, output=output)
    return _Case(name, kind="skipped", message=f"{claim.status}: {claim.finding}", output=output)


def _verdict(report: ReportDocument) -> _Case:
    kind = {"confirmed": "", "differs": "failure"}.get(report.verdict_outcome, "skipped")
    return _Case("self-check", kind=kind, message=report.verdict if kind else "", output=report.verdict)


def _told(failure: Failure) -> str:
    lines = [failure.place, failure.message, f"SQLSTATE {failure.sqlstate}" if failure.sqlstate else ""]
    lines += [failure.detail, failure.hint, f"Next: {failure.next_step}" if failure.next_step else ""]
    return "\n".join(filter(None, lines))


def _suite(report: ReportDocument, number: int, name: str, cases: Sequence[_Case]) -> Markup:
    properties = []
    if number == 0:
        listed = (element("property", name=key, value=value) for key, value in report.facts)
        properties = [element("properties", *listed)]
    return element(
        "testsuite",
        *properties,
        *(_case(report.command, name, case) for case in cases),
        name=name,
        **_counted(cases),
        time=f"{sum(case.seconds for case in cases):.3f}",
        timestamp=dict(report.facts)["Started"].removesuffix("Z"),
    )


def _case(command: str, suite: str, case: _Case) -> Markup:
    content = []
    if case.kind == "skipped":
        content.append(element("skipped", message=case.message))
    elif case.kind:
        content.append(element(case.kind, escaped(case.text, lines=True), message=case.message, type=case.kind))
    if case.output:
        content.append(element("system-out", escaped(case.output, lines=True)))
    return element(
        "testcase", *content, classname=f"sbapply.{command}.{suite}", name=case.name, time=f"{case.seconds:.3f}"
    )


def _counted(cases: Sequence[_Case]) -> dict[str, str]:
    kinds = [case.kind for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }
