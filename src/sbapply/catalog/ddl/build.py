"""Put what the writers of all kinds give into an order in which it runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbapply.catalog.ddl.constraints import CONSTRAINTS
from sbapply.catalog.ddl.operators import OPERATORS
from sbapply.catalog.ddl.order import Order, Step, order
from sbapply.catalog.ddl.piece import Phase, Piece, StandIns, Writers
from sbapply.catalog.ddl.privileges import PRIVILEGES, privilege_pieces
from sbapply.catalog.ddl.remarks import REMARKS
from sbapply.catalog.ddl.replicas import REPLICAS
from sbapply.catalog.ddl.roles import ROLES
from sbapply.catalog.ddl.routines import ROUTINES, STAND_INS_OF_ROUTINES
from sbapply.catalog.ddl.rows import ROWS
from sbapply.catalog.ddl.searches import SEARCHES
from sbapply.catalog.ddl.sequences import SEQUENCES
from sbapply.catalog.ddl.tables import STAND_INS_OF_TABLES, TABLES
from sbapply.catalog.ddl.triggers import TRIGGERS
from sbapply.catalog.ddl.types import STAND_INS_OF_TYPES, TYPES, dropped_extensions
from sbapply.catalog.ddl.views import STAND_INS_OF_VIEWS, VIEWS
from sbapply.catalog.whole import CatalogObject, Identity, WholeCatalog

WRITERS: Writers = {
    **ROLES,
    **TYPES,
    **SEQUENCES,
    **TABLES,
    **VIEWS,
    **CONSTRAINTS,
    **ROUTINES,
    **TRIGGERS,
    **OPERATORS,
    **SEARCHES,
    **REPLICAS,
    **PRIVILEGES,
    **ROWS,
    **REMARKS,
}
"""The writer of every kind; a kind that stands within another's statement has one that gives nothing."""

STAND_INS: StandIns = {
    **STAND_INS_OF_ROUTINES,
    **STAND_INS_OF_VIEWS,
    **STAND_INS_OF_TYPES,
    **STAND_INS_OF_TABLES,
    **STAND_INS_OF_ROUTINES,
}
"""The kinds that can be made in two steps where a cycle needs that."""

_OF_SOME_PROJECTS: frozenset[Identity] = frozenset(
    {
        ("extension", ("pgjwt",)),
        ("extension", ("pgsodium",)),
        ("publication", ("supabase_realtime_messages_publication",)),
    }
)
"""What is the platform's wherever it is, and not in every project: earlier ones have it, or Realtime makes it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold one statement, without its semicolon, and the object that it is for."""

    identity: Identity
    sql: str


def build(catalog: WholeCatalog, *, apart_from: WholeCatalog | None = None) -> tuple[Statement, ...]:
    """Return the statements that build the project's own objects of ``catalog``, in an order that runs.

    What ``apart_from`` holds with the same facts is there already and is not built.
    """
    wanted = [item for item in catalog if _is_wanted(item, apart_from)]
    made = [
        (phase, place, identity, piece)
        for place, (identity, phase, piece) in enumerate(_in_phases(order(wanted, tuple(STAND_INS)), catalog))
    ]
    made += [(piece.phase, len(made), of, piece) for of, piece in privilege_pieces(catalog, apart_from)]
    made += [(Phase.EXTENSIONS, -1, of, piece) for of, piece in dropped_extensions(catalog, apart_from)]
    made.sort(key=lambda each: each[:2])
    return tuple(Statement(identity, piece.sql) for _, _, identity, piece in made)


def _is_wanted(item: CatalogObject, there: WholeCatalog | None) -> bool:
    known = there.objects.get(item.identity) if there is not None else None
    if known is None:
        return item.own or item.identity in _OF_SOME_PROJECTS
    return item.own and (not known.own or bool(item.differing(known)))


def _in_phases(found: Order, catalog: WholeCatalog) -> Iterator[tuple[Identity, Phase, Piece]]:
    """Yield the pieces of every step in the order found, each with the phase in which it is run."""
    pieces = {step: _pieces(step, found, catalog) for step in found.steps}
    latest = _latest(found, pieces)
    for step in found.steps:
        for piece in pieces[step]:
            phase = piece.phase if piece.stays else min(piece.phase, latest[step])
            yield step[0], phase, piece


def _pieces(step: Step, found: Order, catalog: WholeCatalog) -> Sequence[Piece]:
    identity, stand_in = step
    item: CatalogObject = catalog.objects[identity]
    if stand_in:
        return STAND_INS[item.kind].first(item, catalog)
    writer = STAND_INS[item.kind].rest if identity in found.in_two else WRITERS[item.kind]
    return writer(item, catalog)


def _latest(found: Order, pieces: Mapping[Step, Sequence[Piece]]) -> Mapping[Step, Phase]:
    """Return the phase in which each step has to be done, for the sake of those that need it."""
    latest = dict.fromkeys(found.steps, max(Phase))
    for step in reversed(found.steps):
        first = min([latest[step], *(piece.phase for piece in pieces[step] if not piece.stays)])
        for need in found.needs[step]:
            latest[need] = min(latest[need], first)
    return latest
