"""Show a status report and a plan as text."""

from collections.abc import Iterator, Sequence

from sbapply.history.plan import Entry, Plan, Refusal, State
from sbapply.history.ready import Ready
from sbapply.render.failure import place_lines
from sbapply.render.visible import visible
from sbapply.verbs.status import StatusReport

_NEXT = {
    State.PENDING: "`sbapply push` applies what is pending.",
    State.OUT_OF_ORDER: "`sbapply rebase` renames what is out of order so that it comes last; "
    "`sbapply push --include-all` applies it as it is.",
    State.EDITED: "An edited file is not run again: write a new migration for what changed; if it is only that the "
    "history is to hold it as it is now, `sbapply repair applied VERSION`.",
    State.MISSING_FILE: "A version without a file: pull the colleague's branch, or write the file with "
    "`sbapply fetch`; `sbapply reconcile` says what else can be done.",
    State.DUPLICATE: "Give each file a version of its own.",
    State.HALF_APPLIED: "`sbapply push` goes on with what is half applied, at the part that is next.",
    State.UNREADABLE: "Correct what cannot be read before you push.",
    State.RELABELLED: "`sbapply reconcile` gives rows of the history the versions of the files with their text.",
}


def status_lines(report: StatusReport) -> Iterator[str]:
    """Yield the table of files and rows, a count, and the next command for what is left to do."""
    yield f"Project: {visible(report.target.title)}"
    yield f"Folder:  {visible(report.target.folder.path)}"
    yield ""
    yield from entry_lines(report.entries)
    untold = [entry for entry in report.entries if entry.untold]
    counts = {state: sum(entry.state is state for entry in report.entries) for state in State}
    yield ""
    yield ", ".join(f"{count} {state.value}" for state, count in counts.items() if count) or "nothing here"
    for state, count in counts.items():
        # What is missing is there under another version, or nowhere: then the next step is another.
        if state is State.MISSING_FILE and count <= counts[State.RELABELLED] + len(untold):
            continue
        if count and state in _NEXT:
            yield f"Next: {_NEXT[state]}"
    if untold:
        yield (
            f"Next: `sbapply reconcile --from-schema {untold[0].version}` writes the file of a version without "
            "text from what the project has beyond its other files."
        )


def entry_lines(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a line an entry: state, version, name, and the reason where there is one."""
    if not entries:
        return
    width = max(len(entry.version) for entry in entries)
    for entry in entries:
        name = entry.name or (entry.file or "").rpartition("/")[2]
        reason = f"  ({visible(entry.reason)})" if entry.reason else ""
        yield f"  {entry.state.value:<12}  {entry.version:<{width}}  {visible(name)}{reason}"


def plan_lines(title: str, plan: Plan) -> Iterator[str]:
    """Yield what a push would do and what it leaves alone."""
    yield f"Project: {visible(title)}"
    applied = len(plan.of_state(State.APPLIED, State.EDITED, State.MISSING_FILE))
    yield f"History: {applied} applied, {len(plan.ready)} to apply"
    shown = {ready.migration.file for ready in plan.ready}
    told = [entry for entry in plan.entries if entry.state is not State.APPLIED or entry.traced]
    listed = [entry for entry in told if entry.file not in shown]
    listed = [entry for entry in listed if entry.state is not State.PENDING or entry.reason]
    refused = {refusal.migration.file for refusal in plan.refusals}
    listed = [entry for entry in listed if entry.file not in refused or entry.file is None]
    if plan.ready:
        yield ""
        yield from ready_lines(plan.ready)
    if listed:
        yield ""
        yield "Listed only:"
        yield from entry_lines(listed)
    for refusal in plan.refusals:
        yield from refusal_lines(refusal)


def ready_lines(ready: Sequence[Ready]) -> Iterator[str]:
    """Yield a line a migration that would be sent."""
    width = max(len(each.version) for each in ready)
    for each in ready:
        count = len(each.statements)
        size = len(each.migration.text.encode())
        counted = f"{count} statement{'' if count == 1 else 's'}, {size:,} bytes"
        options = f", {each.units[0].begin_options}" if each.units[0].begin_options else ""
        parts = f", {each.count} parts" if each.count > 1 else ""
        done = f", {each.number - 1} of them applied" if each.number > 1 else ""
        yield f"  {each.version:<{width}}  {visible(each.migration.name)}  ({counted}{options}{parts}{done})"


def refusal_lines(refusal: Refusal) -> Iterator[str]:
    """Yield why a file is refused, with its place and what to do."""
    place = refusal.problem.place
    yield ""
    yield visible(f"Refused: {place or refusal.migration.file}: {refusal.problem.reason}")
    if place is not None:
        yield from place_lines(place)
    yield visible(f"  {refusal.problem.next_step}")
