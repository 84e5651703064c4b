"""Say what a push would send, request by request, without sending anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sbapply.apply.batch import Grounds, finished_row, pieces_of, released, take_steps, wants_carriage
from sbapply.apply.lone import lone_of
from sbapply.apply.rewriting import rewrite_bytes
from sbapply.apply.script import body_bytes, frame_bytes, step_bytes
from sbapply.apply.step import ClaimUnit, FinishUnit, ReleaseUnit, RunUnit, Step, is_last
from sbapply.apply.traces import forgetting
from sbapply.config import Limits
from sbapply.database import Json
from sbapply.history.progress import CARRIED, UnitRow
from sbapply.history.ready import Ready
from sbapply.history.rewrite import Rewrite
from sbapply.history.state import RemoteState


class Deed(StrEnum):
    """Name what a request does for a part of a migration."""

    RUN = "run"
    CLAIM = "claim"
    ALONE = "run-alone"
    FINISH = "finish"
    RELEASE = "release"
    CARRY = "carry"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """Hold one part as it would be sent; ``what`` names a statement that runs alone, "" for a transaction."""

    deed: Deed
    version: str
    number: int
    count: int
    begin_options: str
    what: str
    statement_timeout: str
    lock_timeout: str

    def to_json(self) -> dict[str, Json]:
        """Return the part as the document of a dry run shows it."""
        return {
            "does": self.deed.value,
            "version": self.version,
            "part": self.number,
            "parts": self.count,
            "options": self.begin_options or None,
            "statement": self.what or None,
            "statement_timeout": self.statement_timeout,
            "lock_timeout": self.lock_timeout,
        }


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """Hold one request: its parts in order, and about how many bytes its body has."""

    parts: tuple[PlannedPart, ...]
    bytes: int

    def to_json(self) -> dict[str, Json]:
        """Return the request as the document of a dry run shows it."""
        return {"bytes": self.bytes, "parts": [part.to_json() for part in self.parts]}


def preview(ready: Sequence[Ready], state: RemoteState, limits: Limits) -> Iterator[PlannedRequest]:
    """Yield the requests that a push of ``ready`` onto ``state`` would send, each answered well. Sends nothing."""
    pending, grounds = list(ready), Grounds()
    forgotten = forgetting(state) if ready else None
    if forgotten is not None:
        yield _clearing(forgotten, limits)
    while pending:
        steps = take_steps(pending, grounds, limits)
        if steps:
            size = frame_bytes() + sum(step_bytes(step, limits) for step in steps)
            yield PlannedRequest(tuple(_part_of(step, limits) for step in steps), size)
            pending = _after(pending, steps)
            continue
        first = pending[0]
        stale = first.stale_claim
        if stale is not None and stale.attempt not in grounds.ended:
            grounds = replace(grounds, ended=grounds.ended | {stale.attempt})
            continue
        if wants_carriage(first, grounds, limits):
            yield from _carried(first, limits)
            grounds = replace(grounds, carried=grounds.carried | {"0"})
            pending[0] = first.after(UnitRow(first.version, CARRIED, 0, first.digest, False, "0"))
            continue
        claim = first.claim
        yield PlannedRequest((_part(Deed.ALONE, first, limits),), body_bytes(first.body(first.units[0])) + 100)
        grounds = replace(grounds, ran=grounds.ran | ({claim.attempt} if claim is not None else frozenset()))


def _after(pending: Sequence[Ready], steps: Sequence[Step]) -> list[Ready]:
    """Return what is left once the steps of one request are done."""
    left = {ready.version: ready for ready in pending}
    for step in steps:
        ready = step.ready
        match step:
            case RunUnit() | FinishUnit():
                if is_last(step):
                    del left[ready.version]
                else:
                    left[ready.version] = ready.after(finished_row(step))
            case ClaimUnit():
                unit = ready.units[0]
                row = UnitRow(
                    ready.version, ready.number, ready.reach_of(unit), ready.digest_at(unit), False, step.attempt
                )
                left[ready.version] = ready.after(row)
            case ReleaseUnit():
                left[ready.version] = released(step)
            case _:
                pass
    return list(left.values())


def _clearing(rewrite: Rewrite, limits: Limits) -> PlannedRequest:
    statement, lock = limits.statement_timeout, limits.history_lock_timeout
    parts = [PlannedPart(Deed.CLEAR, version, 1, 1, "", "", statement, lock) for version in rewrite.touched]
    return PlannedRequest(tuple(parts), rewrite_bytes(rewrite, limits))


def _carried(ready: Ready, limits: Limits) -> Iterator[PlannedRequest]:
    part = _part(Deed.CARRY, ready, limits)
    yield PlannedRequest((part,), frame_bytes())
    for pieces in pieces_of(ready, limits):
        yield PlannedRequest((part,), frame_bytes() + sum(len(piece.text.encode()) for piece in pieces))


def _part_of(step: Step, limits: Limits) -> PlannedPart:
    match step:
        case ClaimUnit():
            deed = Deed.CLAIM
        case FinishUnit():
            deed = Deed.FINISH
        case ReleaseUnit():
            deed = Deed.RELEASE
        case RunUnit():
            deed = Deed.RUN
        case _:
            deed = Deed.CARRY
    return _part(deed, step.ready, limits)


def _part(deed: Deed, ready: Ready, limits: Limits) -> PlannedPart:
    unit, directives = ready.units[0], ready.directives
    what = lone_of(ready).what if unit.lone is not None and deed is not Deed.CARRY else ""
    return PlannedPart(
        deed,
        ready.version,
        ready.number,
        ready.count,
        unit.begin_options if deed is Deed.RUN else "",
        what,
        directives.statement_timeout or limits.statement_timeout,
        directives.lock_timeout or limits.lock_timeout,
    )
