"""Carry the statements of a migration that is larger than a request, piece by piece."""

import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from sbapply.apply import clauses
from sbapply.apply.batch import piece_room, pieces_of
from sbapply.apply.outcome import Notify, Waiting
from sbapply.apply.settle import Brief
from sbapply.apply.step import CarryPieces, ClaimCarriage, Piece
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience, ask
from sbapply.errors import ReadFailed, SqlError
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready
from sbapply.quoting import quote_literal
from sbapply.templates import fill

_POLL = 2.0
# So many looks without a new piece, and the run that carries is taken for dead: a large one can take ten seconds.
_LOOKS = 6
# Raise it when the same statements are cut otherwise under the same limits (``pieces_of``).
_CUT = 1


@dataclass
class Carriage:
    """Hold the pieces of one migration that are still to be carried under its claim ``of``.

    ``loaded`` are those of the request under way; ``carried`` of ``total`` characters are there.
    """

    attempt: str
    pieces: Iterator[tuple[Piece, ...]]
    of: UnitRow
    total: int
    batch: int = 0
    loaded: tuple[Piece, ...] = ()
    carried: int = 0

    @property
    def done(self) -> bool:
        """Return whether everything is there."""
        return not self.loaded

    def step(self, ready: Ready) -> CarryPieces:
        """Return the step that carries the pieces under way."""
        return CarryPieces(ready, self.attempt, self.batch, self.loaded)

    def load(self) -> None:
        """Take up the next pieces, once those under way are there."""
        self.carried += sum(len(piece.text) for piece in self.loaded)
        self.loaded = next(self.pieces, ())
        self.batch += 1


def claim_carriage(ready: Ready, limits: Limits, spoilt: Collection[str]) -> ClaimCarriage | None:
    """Return the step that claims a file for carrying, None where an earlier claim still holds.

    That is one of the same text, cut in the same way, and none of the attempts that are ``spoilt``.
    """
    carried, cut = ready.progress.carried, f"{_CUT}:{piece_room(limits)}"
    holds = carried is not None and carried.digest == ready.digest and carried.note.get("cut") == cut
    if holds and carried is not None and carried.attempt not in spoilt:
        return None
    return ClaimCarriage(ready, secrets.token_hex(8), cut)


def start_carriage(ready: Ready, limits: Limits) -> Carriage:
    """Return the carriage of a claimed file, from its first piece: what is there already is not put twice."""
    carried = ready.progress.carried
    if carried is None:
        raise AssertionError(f"{ready.version} is not claimed for carrying")
    total = sum(map(len, ready.statements))
    carriage = Carriage(carried.attempt, pieces_of(ready, limits), carried, total)
    carriage.load()
    return carriage


def outwait(
    database: Database,
    carried: UnitRow,
    *,
    patience: Patience,
    clock: Clock,
    notify: Notify,
    at_work: Callable[[], None],
) -> bool:
    """Wait while another run carries a file that it has cut otherwise, for as long as its pieces come.

    Return whether its claim still stands, with nobody at work on it. Taken at once, two runs that cut a file
    differently would take it from each other for ever. ``at_work`` is called each time that pieces came. Read-only.
    Raises ``ReadFailed`` and the lasting kinds of ``NotSent``.
    """
    seen: int | None = None
    quiet = 0
    while True:
        try:
            pieces = _look(database, carried, patience, clock)
        except SqlError:
            pieces = seen or 0
        if pieces is None:
            return False
        if seen is not None and pieces > seen:
            quiet = 0
            at_work()
        if quiet == _LOOKS:
            return True
        seen, quiet = pieces, quiet + 1
        notify(Waiting("another run is carrying this file to the project, or was"))
        clock.sleep(_POLL)


def _look(database: Database, carried: UnitRow, patience: Patience, clock: Clock) -> int | None:
    """Return how many pieces another run has put there, None where its claim is gone."""
    sql = fill(
        clauses.load("look_carriage.sql"),
        version=quote_literal(carried.version),
        attempt=quote_literal(carried.attempt),
    )
    rows = ask(Brief(database, patience), sql, patience=patience.read, clock=clock)
    if len(rows) != 1 or not isinstance(rows[0].get("claimed"), bool):
        raise ReadFailed("The answer about the pieces of another run has another shape.")
    return int(str(rows[0]["pieces"])) if rows[0]["claimed"] else None
