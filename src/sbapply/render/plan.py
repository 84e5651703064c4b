"""Show as text what a push would do."""

from collections.abc import Iterator

from sbapply.render.locks import blocking_lines
from sbapply.render.preflight import data_lines
from sbapply.render.push import planned_lines
from sbapply.render.rehearse import rehearsal_lines
from sbapply.render.status import plan_lines
from sbapply.render.visible import visible
from sbapply.verbs.plan import PlanReport


def report_lines(report: PlanReport) -> Iterator[str]:
    """Yield what would be applied and sent, what it changes and locks, and where it was saved.

    The error is told by ``render.failure``.
    """
    yield from plan_lines(report.target.title, report.plan)
    if report.plan.ready and not report.plan.refusals:
        yield ""
        yield from planned_lines(report.requests)
        yield from rehearsal_lines(report.rehearsed, locks=False)
        yield from blocking_lines(report.footprints, report.data.sizes)
        yield from data_lines(report.data)
    yield ""
    if report.saved is not None:
        file = visible(str(report.file))
        yield f"Saved: {file}. `sbapply push --plan {file}` pushes exactly that, or nothing."
    elif report.error is None:
        yield "Nothing was changed." if report.plan.ready else "Nothing to do. Nothing was changed."
