"""Take away the traces of parts, once what the claims among them have left is undone."""

from collections.abc import Iterator, Sequence

from sbapply.apply import clauses
from sbapply.apply.alone import GRACE, Crossing
from sbapply.apply.clauses import attempt_marker, marker_halves
from sbapply.apply.lone import undo_sql
from sbapply.history.progress import UnitRow
from sbapply.history.rewrite import Forget, Rewrite
from sbapply.history.state import RemoteState
from sbapply.quoting import quote_literal
from sbapply.templates import fill


def clearing_sql(rewrite: Rewrite) -> Iterator[str]:
    """Yield what clears a rewrite's traces, and before that undoes the claims among them, unless one is at work.

    An index that a claim has left half-made goes, one that it has renamed gets its name back, and so do the role's
    settings. What is whole stays: whoever says how the version stands has seen it.
    """
    names = ("clear_pieces.sql",) * rewrite.state.has_pieces + ("clear_units.sql",)
    for version in dict.fromkeys(unit.version for unit in rewrite.units):
        for claim in rewrite.claims:
            if claim.version == version:
                yield _undone(claim)
        yield from (fill(clauses.load(name), version=quote_literal(version)) for name in names)


def outlast(crossing: Crossing, claims: Sequence[UnitRow]) -> None:
    """Wait, as a push does, until nobody is at work on the statements of ``claims``. Raises ``Unsettled``."""
    for claim in claims:
        crossing.outlast(claim)
    if claims:
        # Whoever claimed one may be about to send it.
        crossing.clock.sleep(GRACE)
    for claim in claims:
        crossing.outlast(claim)


def forgetting(state: RemoteState) -> Rewrite | None:
    """Return what takes away the traces of versions that got their rows elsewhere, None where there are none.

    Left there they would say of a version that is taken out of the history again that parts of it are applied.
    """
    return Rewrite(state, tuple(map(Forget, state.traced))) if state.traced else None


def _undone(claim: UnitRow) -> str:
    rests = fill(
        clauses.load("claim_rests.sql"),
        version=quote_literal(claim.version),
        **marker_halves(attempt_marker(claim.attempt)),
    )
    return rests + clauses.load("caught.sql") + undo_sql(claim, resting=True)
