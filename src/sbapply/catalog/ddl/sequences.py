"""Write sequences, and the options of those that identity columns have."""

from collections.abc import Mapping, Sequence

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.words import names_of, qualified
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.database import Json


def sequence_options(options: Mapping[str, Json]) -> str:
    """Return the options of a sequence, all of them, as CREATE SEQUENCE takes them."""
    return (
        f"start with {options['start']} increment by {options['increment']} minvalue {options['minimum']} "
        f"maxvalue {options['maximum']} cache {options['cache']}{' cycle' if options['cycle'] else ''}"
    )


def _sequence(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    name = qualified(item.key)
    unlogged = "unlogged " if item.facts["unlogged"] else ""
    made = f"create {unlogged}sequence {name} as {item.facts['type']} {sequence_options(item.facts)}"
    pieces = [Piece(Phase.OBJECTS, made)]
    if item.facts["owned_by"] is not None:
        owner = qualified(names_of(item.facts["owned_by"]))
        pieces.append(Piece(Phase.OWNED, f"alter sequence {name} owned by {owner}", stays=True))
    return pieces


SEQUENCES: Writers = {"sequence": _sequence}
