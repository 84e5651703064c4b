"""Show a rehearsal as text: what each pending migration changes, and what its statements lock."""

from collections.abc import Iterator

from sbapply.rehearse.rehearsal import Rehearsal
from sbapply.render.locks import lock_lines
from sbapply.render.visible import visible
from sbapply.verbs.rehearse import RehearseReport
from sbapply.verify.claims import Trace

_WAYS = {
    "replay": "every file from nothing",
    "clone": "what is pending on a copy of the project's schema",
}


def rehearse_lines(report: RehearseReport) -> Iterator[str]:
    """Yield the project, and what its rehearsal came to; the error is told by ``render.failure``."""
    yield f"Project: {visible(report.target.title)}"
    yield from rehearsal_lines(report)


def rehearsal_lines(report: RehearseReport, *, locks: bool = True) -> Iterator[str]:
    """Yield a paragraph a pending migration, with its ``locks`` or without, and how it was rehearsed."""
    if report.rehearsal is not None:
        yield from _rehearsed_lines(report, report.rehearsal, locks=locks)
        return
    for ready in report.plan.ready:
        found = list(_newer_lines(report, ready.version))
        if found:
            yield from ("", visible(ready.migration.file), *found)
    if report.note and report.error is None:
        yield visible(report.note[0].upper() + report.note[1:])


def _rehearsed_lines(report: RehearseReport, rehearsal: Rehearsal, *, locks: bool) -> Iterator[str]:
    footprints = dict(rehearsal.footprints)
    for ready in report.plan.ready:
        yield ""
        yield visible(ready.migration.file)
        found = [_trace_line(trace) for trace in rehearsal.changes_of(ready.version)]
        yield from found or ["  changes nothing of the schema"]
        yield from _newer_lines(report, ready.version)
        for footprint in footprints.get(ready.version, ()) if locks else ():
            yield from (f"  {line}" for line in lock_lines(footprint))
    count = len(report.plan.ready)
    yield ""
    version = rehearsal.server_version // 10000
    word = f"{count} pending migration{'' if count == 1 else 's'}"
    yield f"Rehearsed {word} on PostgreSQL {version}: {_WAYS[rehearsal.way]}."
    yield from (visible(f"Not as on the project: {each}") for each in rehearsal.unbuilt)
    if rehearsal.simulated:
        yield f"Simulated there: {', '.join(rehearsal.simulated)}."


def _newer_lines(report: RehearseReport, version: str) -> Iterator[str]:
    for each in report.newer.get(version, ()):
        yield visible(f"  line {each.place.line}: {each.sentence(report.project_version)}")


def _trace_line(trace: Trace) -> str:
    return visible(f"  {'gone' if trace.gone else 'made'}  {trace.object}")
