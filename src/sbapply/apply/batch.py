"""Choose what goes into the next request: as many steps as fit, in order."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sbapply.apply.clauses import literals
from sbapply.apply.lone import is_void
from sbapply.apply.script import body_bytes, frame_bytes, step_bytes
from sbapply.apply.step import ClaimUnit, FinishUnit, Piece, ReleaseUnit, RunUnit, Step, is_last, unit_of
from sbapply.config import Limits
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready
from sbapply.migrations.executing import refused_by_execute
from sbapply.migrations.files import Problem
from sbapply.migrations.text import place_at, skip_blank
from sbapply.migrations.unit import Effect

# Beyond this a piece's own columns and commas are nothing; below it they are counted in.
_PIECE_FRAME = 24
_LONE_FRAME = 200


@dataclass(frozen=True, slots=True)
class Grounds:
    """Hold what a run knows beside the history.

    ``carried`` are the attempts under which a version's statements lie in pieces, all of them; ``ran`` are the
    attempts of statements that ran alone and only have to be finished; ``ended`` are those of an earlier text, or
    of another run's pieces, that nobody is at work on any more.
    """

    carried: frozenset[str] = frozenset()
    ran: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()


def next_step(ready: Ready, grounds: Grounds, limits: Limits) -> Step | None:
    """Return the next step of a migration that can travel in a request, None where something else comes first.

    That is a statement that has to run alone, or a file that has to be carried in pieces, or the end of a statement
    of an earlier text.
    """
    stale = ready.stale_claim
    if stale is not None:
        if stale.note.get("effect") == Effect.ONCE and stale.attempt not in grounds.ended:
            return None
        return ReleaseUnit(ready, stale, keep=_is_looked_for(stale, ready))
    if wants_carriage(ready, grounds, limits):
        return None
    if ready.units[0].lone is None:
        return RunUnit(ready, _attempt_of(ready, grounds))
    claim = ready.claim
    if claim is None:
        return ClaimUnit(ready, secrets.token_hex(8))
    if claim.attempt in grounds.ran or is_void(claim):
        return FinishUnit(ready, claim, _attempt_of(ready, grounds))
    return None


def take_steps(pending: Sequence[Ready], grounds: Grounds, limits: Limits) -> tuple[Step, ...]:
    """Return as many of the next steps as fit into one request; none where the first cannot travel in one.

    At least one step is taken, whatever its size. What a claim has to remember is known only once it is answered,
    so a request ends with it.
    """
    size = frame_bytes()
    steps: list[Step] = []
    for ready in pending:
        current = ready
        while True:
            step = next_step(current, grounds, limits)
            if step is None:
                return tuple(steps)
            size += step_bytes(step, limits)
            if steps and size > limits.request_bytes:
                return tuple(steps)
            steps.append(step)
            if isinstance(step, ClaimUnit) or _ends_the_session(step):
                return tuple(steps)
            if isinstance(step, ReleaseUnit):
                current = released(step)
                continue
            if isinstance(step, RunUnit | FinishUnit) and is_last(step):
                break
            current = current.after(finished_row(step))
    return tuple(steps)


def _ends_the_session(step: Step) -> bool:
    """Return whether what follows a step needs a session of its own.

    One that began while the role had the settings of a statement that ran alone takes them for its defaults: a
    RESET in what follows would go back to them.
    """
    return isinstance(step, FinishUnit | ReleaseUnit) and bool(step.claim.note.get("settings"))


def finished_row(step: Step) -> UnitRow:
    """Return the row that a unit has once the step is done."""
    ready = step.ready
    attempt = step.claim.attempt if isinstance(step, FinishUnit) else ""
    unit = unit_of(step)
    return UnitRow(ready.version, ready.number, ready.reach_of(unit), ready.digest_at(unit), True, attempt)


def released(step: ReleaseUnit) -> Ready:
    """Return a migration as it is once a claim of it is given up."""
    return replace(step.ready, progress=step.ready.progress.released(step.claim))


def _is_looked_for(stale: UnitRow, ready: Ready) -> bool:
    """Return whether the next claim looks for what an earlier one has left: it may be just what is wanted."""
    lone = ready.units[0].lone
    return stale.note.get("effect") == Effect.BUILD and lone is not None and lone.effect is Effect.BUILD


def wants_carriage(ready: Ready, grounds: Grounds, limits: Limits) -> bool:
    """Return whether a migration has to be carried before anything else of it can be sent."""
    return not _attempt_of(ready, grounds) and needs_carriage(ready, limits)


def _attempt_of(ready: Ready, grounds: Grounds) -> str:
    """Return the attempt under which all statements of a migration lie in pieces, "" where there is none.

    Its claim may be another's by now.
    """
    carried = ready.progress.carried
    return carried.attempt if carried is not None and carried.attempt in grounds.carried else ""


def needs_carriage(ready: Ready, limits: Limits) -> bool:
    """Return whether some part of a migration does not fit into a request, so that it has to travel in pieces."""
    # Its text travels twice, and JSON makes at most six bytes of a character.
    if 12 * len(ready.migration.text) + frame_bytes() < limits.request_bytes:
        return False
    if len(ready.migration.text) > limits.request_bytes:
        return True
    bound = limits.request_bytes - frame_bytes()
    frame = step_bytes(RunUnit(replace(ready, units=(replace(ready.units[0], end=ready.units[0].start),))), limits)
    if frame > bound:
        return True
    sizes = (body_bytes(ready.body(unit)) for unit in ready.units if unit.lone is None)
    return frame + max(sizes, default=0) > bound


def carriage_problem(ready: Ready, limits: Limits) -> Problem | None:
    """Return why a migration that is too large for a request cannot travel in pieces either, None if it can."""
    migration = ready.migration
    for unit in ready.units:
        if unit.lone is not None and body_bytes(ready.body(unit)) + _LONE_FRAME > limits.request_bytes:
            return Problem(
                "too-large",
                f"a statement that runs alone does not fit into one request of {limits.request_bytes:,} bytes",
                "Raise request_bytes in sbapply.toml if the project takes more.",
                place_at(migration.file, migration.text, unit.start),
            )
    if not needs_carriage(ready, limits):
        return None
    offset = 0
    for statement in ready.statements:
        offset = max(migration.text.find(statement, offset), offset)
        start = skip_blank(migration.text, offset)
        refused = refused_by_execute(migration.text[start : offset + len(statement)])
        if refused is not None and not _bounds_a_unit(ready, start):
            what, cure = refused
            return Problem(
                "too-large",
                f"{what} cannot be run from the pieces in which a file of this size travels",
                f"{cure}, or split the file into smaller ones.",
                place_at(migration.file, migration.text, start),
            )
        offset += len(statement)
    return None


def _bounds_a_unit(ready: Ready, offset: int) -> bool:
    """Return whether a statement stands between the units: a BEGIN or COMMIT that ours takes the place of."""
    return not any(unit.start <= offset < unit.end for unit in ready.units)


def piece_room(limits: Limits) -> int:
    """Return how many bytes of a request there are for pieces."""
    return max(limits.request_bytes - frame_bytes() - 2_000, 1_000)


def pieces_of(ready: Ready, limits: Limits) -> Iterator[tuple[Piece, ...]]:
    """Yield the stored statements of a migration as pieces, as many at a time as fit into a request."""
    room = piece_room(limits)
    load: list[Piece] = []
    size = 0
    for place, statement in enumerate(ready.statements, start=1):
        for part, text in enumerate(_parts(statement, room), start=1):
            weight = _weight(text)
            if load and size + weight > room:
                yield tuple(load)
                load, size = [], 0
            load.append(Piece(place, part, text))
            size += weight
    if load:
        yield tuple(load)


def _parts(statement: str, room: int) -> Iterator[str]:
    """Cut a statement that is too large for one request; every part is of characters, none is empty."""
    if len(statement) * 12 < room or _weight(statement) <= room:
        yield statement
        return
    start, length = 0, max(room // 2, 1)
    while start < len(statement):
        part = statement[start : start + length]
        if len(part) > 1 and _weight(part) > room:
            length = max(length // 2, 1)
            continue
        yield part
        start += len(part)


def _weight(text: str) -> int:
    """Return the bytes that a piece adds to a request's body."""
    return len(json.dumps(literals([text]), ensure_ascii=False).encode()) + _PIECE_FRAME
