"""Say of tables that stand on the project what a push locks, and how large they are there."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from sbapply.database import Json
from sbapply.preflight.answers import TableName
from sbapply.rehearse.footprint import Footprint

if TYPE_CHECKING:
    from sbapply.rehearse.rehearsal import Rehearsal


def footprints_of(rehearsal: "Rehearsal | None") -> tuple[Footprint, ...]:
    """Return what each pending statement locks, of those that lock anything."""
    if rehearsal is None:
        return ()
    return tuple(each for _, found in rehearsal.footprints for each in found if each.locks)


def blocked_tables(footprints: Sequence[Footprint]) -> list[TableName]:
    """Return the tables whose readers or writers have to wait, each once, in the order of the statements."""
    found = [name for each in footprints for name, mode in each.locks.items() if mode.blocks_writes]
    return list(dict.fromkeys(found))


def lock_json(footprint: Footprint, sizes: Mapping[TableName, tuple[int | None, int]]) -> Json:
    """Return a statement's locks with the project's own sizes of the tables, null where they were not asked for."""
    document = footprint.to_json()
    for table in cast("list[dict[str, Json]]", document["tables"]):
        rows, size = sizes.get((str(table["schema"]), str(table["table"])), (None, None))
        table |= {"rows": rows, "bytes": size}
    return cast("Json", document)
