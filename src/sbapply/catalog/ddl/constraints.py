"""Write constraints, indexes and extended statistics."""

from collections.abc import Iterator, Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.words import names_of, qualified, storage_options
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier


def _constraint(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    facts, kind = item.facts, item.facts["type"]
    table, name = qualified(item.key[:2]), quote_identifier(item.key[2])
    add = f"{table} add constraint {name} {facts['definition']}"
    if kind == "c":
        # An inherited check comes from the parent's.
        return [Piece(Phase.CONSTRAINTS, f"alter table {add}")] if facts["local"] else []
    if kind == "f":
        # A foreign key of a partitioned table is on its partitions too, and ONLY is refused.
        only = "" if _partitioned(catalog, item.key[:2]) else "only "
        return [Piece(Phase.REFERENCES, f"alter table {only}{add}")]
    return [
        Piece(Phase.CONSTRAINTS, f"alter table only {add}"),
        *_index_changes(item, catalog, item.key[:2], item.key[2], Phase.CONSTRAINTS),
    ]


def _index(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    """Write an index; not one that is invalid, as pg_dump does not: nothing but a failure makes one.

    That of a partitioned table is valid when all of its parts are.
    """
    table = (item.key[0], str(item.facts["table"]))
    if not item.facts["valid"] and not _partitioned(catalog, table):
        return []
    return [
        Piece(Phase.INDEXES, str(item.facts["definition"])),
        *_index_changes(item, catalog, table, item.key[1], Phase.INDEXES),
    ]


def _partitioned(catalog: WholeCatalog, table: tuple[str, ...]) -> bool:
    found = catalog.objects.get(("table", table))
    return found is not None and bool(found.facts["partition_key"])


def _index_changes(
    item: CatalogObject, catalog: WholeCatalog, table: tuple[str, ...], name: str, phase: Phase
) -> Iterator[Piece]:
    """Yield what is said of an index, of its own or a constraint's, after it is made."""
    facts, index = item.facts, qualified((table[0], name))
    if item.kind == "constraint" and facts["options"]:
        yield Piece(phase, f"alter index {index} set ({storage_options(facts['options'])})")
    if facts["tablespace"]:
        yield Piece(phase, f"alter index {index} set tablespace {quote_identifier(str(facts['tablespace']))}")
    for column, target in cast("Sequence[tuple[int, int]]", facts.get("statistics") or ()):
        yield Piece(phase, f"alter index {index} alter column {column} set statistics {target}")
    if facts["parent"]:
        yield Piece(phase, f"alter index {qualified(names_of(facts['parent']))} attach partition {index}")
    relation = catalog.objects.get(("table", table)) or catalog.objects.get(("materialized view", table))
    told = relation.facts if relation else {}
    if told.get("clustered_on") == name:
        yield Piece(phase, f"alter table {qualified(table)} cluster on {quote_identifier(name)}")
    if told.get("replica_index") == name:
        change = f"replica identity using index {quote_identifier(name)}"
        yield Piece(phase, f"alter table only {qualified(table)} {change}")


def _statistics(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    pieces = [Piece(Phase.INDEXES, str(item.facts["definition"]))]
    if item.facts["target"] is not None:
        text = f"alter statistics {qualified(item.key)} set statistics {item.facts['target']}"
        pieces.append(Piece(Phase.INDEXES, text))
    return pieces


CONSTRAINTS: Writers = {"constraint": _constraint, "index": _index, "statistics": _statistics}
