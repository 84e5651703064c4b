"""Show what `doctor` found as text."""

from collections.abc import Iterator

from sbapply.render.visible import visible
from sbapply.verbs.doctor import DoctorReport, Verdict

_WIDTH = max(len(verdict.value) for verdict in Verdict)


def doctor_lines(report: DoctorReport) -> Iterator[str]:
    """Yield each finding with what to do about it, and how many things are wrong."""
    subjects = max((len(finding.subject) for finding in report.findings), default=0)
    for finding in report.findings:
        yield f"  {finding.verdict.value:<{_WIDTH}}  {finding.subject:<{subjects}}  {visible(finding.found)}"
        if finding.next:
            yield f"  {'':<{_WIDTH}}  {'':<{subjects}}  Next: {visible(finding.next)}"
    wrong = report.wrong
    yield ""
    yield f"{wrong} thing{' is' if wrong == 1 else 's are'} wrong." if wrong else "Nothing is wrong."
