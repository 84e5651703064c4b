"""Hold a push against the plan that was approved for it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sbapply import __version__
from sbapply.catalog.fingerprint import fingerprint
from sbapply.catalog.whole import read_whole
from sbapply.errors import HistoryMoved, PlanMoved, UsageError
from sbapply.history.state import HistoryRow, RemoteState
from sbapply.preflight.answers import Preflight
from sbapply.rehearse.footprint import Footprint
from sbapply.verbs.files import WantedFiles
from sbapply.verbs.saved_plan import Findings, SavedPlan, findings_of, planned_file, saved_history
from sbapply.verbs.target import Target

_NEXT = "Plan again with `sbapply plan -o FILE`, look at it, and push that."
_NAMED = 5


def check_nothing_beside(files: WantedFiles) -> None:
    """Raise ``UsageError`` where roles or seeds are to run too: a plan holds none, so nobody approved them."""
    if files.roles is not None or files.seeds:
        raise UsageError(
            "A plan holds migrations alone, so no roles and no seeds run with it.",
            "Push the plan, then run `sbapply push` with --include-roles or --include-seed.",
        )


def check_unmoved(approved: SavedPlan, target: Target, state: RemoteState) -> None:
    """Raise ``PlanMoved`` unless project, settings, files, history and schema are those of the approved plan.

    The schema takes one request, which is made only where all else is the same. Raises what ``read_whole`` does.
    """
    moved = [
        *_circumstances(approved, target, state),
        *_files(approved, target, state),
        *_history(approved, state),
    ]
    _check_none(approved, moved)
    found = fingerprint(read_whole(target.database, patience=target.patience.read))
    if found.sha256 != approved.schema.sha256:
        names = approved.schema.moved(found)
        count = f"{len(names)} object{'' if len(names) == 1 else 's'}" if names else "what belongs to no object"
        _check_none(approved, [f"the schema changed: {count}{': ' if names else ''}{_listed(names)}"])


def check_findings(approved: SavedPlan, footprints: Sequence[Footprint], data: Preflight) -> PlanMoved | None:
    """Return the refusal of what was found now and not when the plan was approved; less is no reason for one."""
    known = approved.findings
    now = findings_of(footprints, data, (), rehearsed=True)
    moved = [*_locks(known, now), *_data(known, now)]
    return _moved(approved, moved) if moved else None


def check_history_still(approved: SavedPlan, newer: RemoteState) -> None:
    """Raise ``HistoryMoved`` if anything but approved files came into the history while it was being pushed."""
    agreed = {each.version for each in approved.files}
    before = {row.version: row for row in approved.history.rows}
    after = {row.version: row for row in newer.rows if row.version in before or row.version not in agreed}
    if after != before:
        changed = sorted(version for version in {**before, **after} if before.get(version) != after.get(version))
        raise HistoryMoved(
            f"Somebody else changed the history meanwhile ({_listed(changed)}), which is not what was approved.",
            f"Run `sbapply status` to see what is applied. {_NEXT}",
        )


def _circumstances(approved: SavedPlan, target: Target, state: RemoteState) -> Iterator[str]:
    if approved.project != target.ref:
        yield f"it was made for the project {approved.project}, and this is {target.ref}"
    if approved.made_by != __version__:
        yield f"it was made by sbapply {approved.made_by}, and this is {__version__}"
    if approved.schema.server_version != state.server_version:
        yield (
            f"the project's PostgreSQL is of version {_dotted(state.server_version)} now, "
            f"it was {_dotted(approved.schema.server_version)}"
        )
    for name, value in asdict(target.limits).items():
        if approved.limits.get(name) != value:
            yield f"{name} is {value} now, it was {approved.limits.get(name)}"


def _files(approved: SavedPlan, target: Target, state: RemoteState) -> Iterator[str]:
    applied = set(state.versions)
    here = {
        each.file: planned_file(each)
        for each in target.folder.migrations
        if each.version not in applied and (approved.to is None or each.version <= approved.to)
    }
    for each in approved.files:
        found = here.pop(each.file, None)
        if found is None and each.version not in applied:
            yield f"{each.file} is gone"
        elif found is not None and found.sha256 != each.sha256:
            yield f"{each.file} has changed"
    yield from (f"{file} was added" for file in here)


def _history(approved: SavedPlan, state: RemoteState) -> Iterator[str]:
    now = saved_history(state)
    if now == approved.history:
        return
    before = {row.version: row for row in approved.history.rows}
    after = {row.version: row for row in now.rows}
    for version in sorted({**before, **after}):
        if before.get(version) != after.get(version):
            yield _row_moved(version, before.get(version), after.get(version))
    parts = sorted(set(now.parts) ^ set(approved.history.parts))
    if parts:
        versions = dict.fromkeys(part.partition(" ")[0] for part in parts)
        yield f"parts of {_listed(tuple(versions))} were applied, claimed or removed"


def _row_moved(version: str, before: HistoryRow | None, after: HistoryRow | None) -> str:
    if before is None:
        return f"the row {version} was added to the history"
    return f"the row {version} {'was removed from' if after is None else 'was changed in'} the history"


def _locks(known: Findings, now: Findings) -> Iterator[str]:
    if known.rehearsed:
        for each in now.locks:
            if each not in known.locks:
                yield f"{each.file} line {each.line} takes {each.lock} on {each.table}"


def _data(known: Findings, now: Findings) -> Iterator[str]:
    before = {(each.file, each.line, each.kind, each.table): each.status for each in known.data}
    for each in now.data:
        worse = each.status in ("violated", "repaired-maybe")
        if worse and before.get((each.file, each.line, each.kind, each.table)) not in ("violated", each.status):
            yield each.sentence


def _check_none(approved: SavedPlan, moved: Sequence[str]) -> None:
    if moved:
        raise _moved(approved, moved)


def _moved(approved: SavedPlan, moved: Sequence[str]) -> PlanMoved:
    told = _listed(moved, "; ")
    return PlanMoved(f"It is not what was approved with the plan of {approved.made_at} any more: {told}.", _NEXT)


def _listed(names: Sequence[str], between: str = ", ") -> str:
    left = len(names) - _NAMED
    return between.join(names[:_NAMED]) + (f"{between}and {left} more" if left > 0 else "")


def _dotted(version: int) -> str:
    return f"{version // 10000}.{version % 10000}"
