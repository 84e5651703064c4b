"""Write tables and foreign tables with their columns, and sequences."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, StandIn, Writers
from sbapply.catalog.ddl.sequences import sequence_options
from sbapply.catalog.ddl.words import foreign_options, names_of, nothing, qualified, storage_options
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.database import Json
from sbapply.quoting import quote_identifier

_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
_COMPRESSION = {"p": "pglz", "l": "lz4"}


def _table(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    columns = _columns(item, catalog)
    return [_create_in_order(item, catalog, columns), *_after(item, catalog, columns)]


def _columns(item: CatalogObject, catalog: WholeCatalog) -> Sequence[CatalogObject]:
    return sorted(catalog.parts("column", item.key), key=lambda column: cast("int", column.facts["place"]))


def _create_in_order(item: CatalogObject, catalog: WholeCatalog, columns: Sequence[CatalogObject]) -> Piece:
    """Write a table; where INHERITS would bring the columns in another order, an ancestor for this statement does.

    A parent got a column when the child was there, or was given to the child later. The ancestor has all columns in
    the child's order; what no parent has is the child's own when the ancestor goes.
    """
    above = _inherited(item, catalog)
    own = [column.key[2] for column in columns if column.key[2] not in above]
    if not above or [*above, *own] == [column.key[2] for column in columns]:
        return _create(item, catalog, columns)
    name, ancestor = qualified(item.key), (item.key[0], f"sbapply {item.key[1]}"[:40])
    child = replace(item, facts={**item.facts, "inherits": [list(ancestor)]})
    statements = [
        f"create table {qualified(ancestor)} ({', '.join(_ancestral(column, above) for column in columns)})",
        _create(child, catalog, [column for column in columns if column.key[2] in above]).sql,
        *(f"alter table {name} inherit {qualified(parent)}" for parent in _parents(item)),
        f"alter table {name} no inherit {qualified(ancestor)}",
        f"drop table {qualified(ancestor)}",
        *(
            f"alter table {name} alter column {quote_identifier(column.key[2])} add{identity_of(column)}"
            for column in columns
            if column.facts.get("identity")
        ),
    ]
    return Piece(Phase.OBJECTS, "; ".join(statements))


def _ancestral(column: CatalogObject, above: Collection[str]) -> str:
    facts = column.facts
    if not facts.get("not_null") or (
        column.key[2] in above and not facts.get("inherited") and facts.get("not_null_local") is not False
    ):
        return _typed(column)
    named = column.hints.get("not_null_constraint")
    return f"{_typed(column)}{f' constraint {quote_identifier(str(named))}' if named else ''} not null"


def _parents(item: CatalogObject) -> "list[list[str]]":
    return cast("list[list[str]]", item.facts["inherits"] or [])


def _inherited(item: CatalogObject, catalog: WholeCatalog) -> Sequence[str]:
    """Return the names of the columns that the parents have, in the order in which INHERITS brings them."""
    found: dict[str, None] = {}
    for schema, table in _parents(item):
        parent = catalog.objects.get(("table", (schema, table))) or catalog.objects.get(
            ("foreign table", (schema, table))
        )
        if parent is not None:
            found |= dict.fromkeys(column.key[2] for column in _columns(parent, catalog))
    return tuple(found)


def _create(item: CatalogObject, catalog: WholeCatalog, columns: Sequence[CatalogObject]) -> Piece:
    facts = item.facts
    unlogged = "unlogged " if facts["unlogged"] else ""
    kind = "foreign table" if item.kind == "foreign table" else f"{unlogged}table"
    parts = [f"create {kind} {qualified(item.key)}"]
    lines = list(_lines(item, catalog, columns))
    if facts["of_type"]:
        parts.append(f" of {facts['of_type']}")
    if lines or not facts["of_type"]:
        parts.append(f" ({', '.join(lines)})")
    if facts["inherits"]:
        parents = ", ".join(map(qualified, _parents(item)))
        parts.append(f" inherits ({parents})")
    if item.kind == "foreign table":
        parts.append(f" server {quote_identifier(str(facts['server']))}{_options(facts['options'])}")
        return Piece(Phase.OBJECTS, "".join(parts))
    if facts["partition_key"]:
        parts.append(f" partition by {facts['partition_key']}")
    if facts["access_method"]:
        parts.append(f" using {quote_identifier(str(facts['access_method']))}")
    if options := table_options(facts):
        parts.append(f" with ({options})")
    if facts["tablespace"]:
        parts.append(f" tablespace {quote_identifier(str(facts['tablespace']))}")
    return Piece(Phase.OBJECTS, "".join(parts))


def _lines(item: CatalogObject, catalog: WholeCatalog, columns: Sequence[CatalogObject]) -> Iterator[str]:
    """Yield what stands in the parentheses: what a typed table or a child has from elsewhere is left out."""
    for column in columns:
        facts = column.facts
        not_null = _not_null(facts)
        if item.facts["of_type"]:
            if not_null:
                yield f"{quote_identifier(column.key[2])} with options{not_null}"
        elif not facts.get("inherited") or not item.facts["inherits"]:
            yield column_line(column)
        elif facts.get("not_null_local") and not_null and not _not_null_only_here(item, catalog, column):
            yield _not_null(facts, f" {quote_identifier(column.key[2])}").strip()


def column_line(column: CatalogObject) -> str:
    """Return a column as CREATE TABLE and ADD COLUMN take it, without its default."""
    return f"{_typed(column)}{identity_of(column)}{_not_null(column.facts)}"


def _typed(column: CatalogObject) -> str:
    facts = column.facts
    parts = [f"{quote_identifier(column.key[2])} {facts['type']}{_options(facts.get('foreign_options'))}"]
    if facts.get("collation"):
        parts.append(f" collate {facts.get('collation')}")
    if facts.get("generated"):
        how = "stored" if facts.get("generated") == "s" else "virtual"
        parts.append(f" generated always as ({facts.get('expression')}) {how}")
    return "".join(parts)


def identity_of(column: CatalogObject) -> str:
    """Return what makes a column one with an identity, '' where it is none."""
    if not column.facts.get("identity"):
        return ""
    how = "always" if column.facts.get("identity") == "a" else "by default"
    sequence = cast("Mapping[str, Json]", column.facts.get("identity_sequence"))
    name = qualified((column.key[0], str(sequence["name"])))
    return f" generated {how} as identity (sequence name {name} {sequence_options(sequence)})"


def _not_null(facts: Mapping[str, Json], of: str = "") -> str:
    """Return the constraint NOT NULL as it stands in CREATE TABLE, that of a table with the column's name.

    One that is not valid cannot stand there.
    """
    inherited = facts.get("not_null_local") is False
    if not facts.get("not_null") or facts.get("not_null_not_valid") or inherited:
        return ""
    name = f" constraint {quote_identifier(str(facts.get('not_null_name')))}" if facts.get("not_null_name") else ""
    return f"{name} not null{of}{' no inherit' if facts.get('not_null_no_inherit') else ''}"


def _options(options: Json) -> str:
    return f" options ({foreign_options(options)})" if options else ""


def table_options(facts: Mapping[str, Json]) -> str:
    """Return what stands in the parentheses of WITH: of the table and of what it keeps aside for long values."""
    both = (storage_options(facts["options"]), storage_options(facts["toast_options"], "toast."))
    return ", ".join(filter(None, both))


def _after(item: CatalogObject, catalog: WholeCatalog, columns: Sequence[CatalogObject]) -> Iterator[Piece]:
    name = qualified(item.key)
    for column in columns:
        for change in _changes(item, catalog, column):
            yield Piece(Phase.OBJECTS, f"alter table only {name} {change}")
    facts = item.facts
    if facts["partition_of"]:
        parent = qualified(names_of(facts["partition_of"]))
        bound = facts["partition_bound"]
        yield Piece(Phase.OBJECTS, f"alter table only {parent} attach partition {name} {bound}")
    if item.kind == "foreign table":
        return
    if facts["replica_identity"] in {"nothing", "full"}:
        yield Piece(Phase.OBJECTS, f"alter table only {name} replica identity {facts['replica_identity']}")
    if facts["row_security"]:
        yield Piece(Phase.POLICIES, f"alter table {name} enable row level security", stays=True)
    if facts["row_security_forced"]:
        yield Piece(Phase.POLICIES, f"alter table only {name} force row level security", stays=True)


def _changes(item: CatalogObject, catalog: WholeCatalog, column: CatalogObject) -> Iterator[str]:
    facts, name = column.facts, quote_identifier(column.key[2])
    if facts.get("not_null") and facts.get("not_null_not_valid"):
        constraint = quote_identifier(str(facts.get("not_null_name") or "_".join((*column.key[1:], "not_null"))))
        inherit = " no inherit" if facts.get("not_null_no_inherit") else ""
        yield f"add constraint {constraint} not null {name}{inherit} not valid"
    elif _not_null_only_here(item, catalog, column):
        yield f"alter column {name} set not null"
    yield from column_changes(name, facts)


def column_changes(name: str, facts: Mapping[str, Json]) -> Iterator[str]:
    """Yield what ALTER TABLE says of a column that cannot stand in CREATE TABLE on every version."""
    if facts.get("storage"):
        yield f"alter column {name} set storage {_STORAGE[str(facts.get('storage'))]}"
    if facts.get("compression"):
        yield f"alter column {name} set compression {_COMPRESSION[str(facts.get('compression'))]}"
    if facts.get("statistics") is not None:
        yield f"alter column {name} set statistics {facts.get('statistics')}"
    if facts.get("options"):
        yield f"alter column {name} set ({storage_options(facts.get('options'))})"


def _not_null_only_here(item: CatalogObject, catalog: WholeCatalog, column: CatalogObject) -> bool:
    """Say whether an inherited column is NOT NULL where no parent's is, which every version can say afterwards."""
    facts = column.facts
    if not _parents(item) or not facts.get("inherited") or not facts.get("not_null"):
        return False
    if facts.get("not_null_name") or facts.get("not_null_no_inherit"):
        return False
    above = [catalog.objects.get(("column", (*parent, column.key[2]))) for parent in _parents(item)]
    return not any(
        each.facts.get("not_null") and not each.facts.get("not_null_no_inherit") for each in above if each
    )


def _until_generated(item: CatalogObject, catalog: WholeCatalog) -> Sequence[CatalogObject]:
    return list(takewhile(lambda column: not column.facts.get("generated"), _columns(item, catalog)))


def _first_columns(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    columns = _until_generated(item, catalog)
    return [_create(item, catalog, columns), *_after(item, catalog, columns)]


def _other_columns(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    columns = _columns(item, catalog)[len(_until_generated(item, catalog)) :]
    name = qualified(item.key)
    return [
        Piece(Phase.OBJECTS, f"alter table only {name} {change}")
        for column in columns
        for change in (f"add column {column_line(column)}", *_changes(item, catalog, column))
    ]


def _default(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    table, column = qualified(item.key[:2]), quote_identifier(item.key[2])
    only = "" if item.facts["of"] == "view" else " only"
    kind = "view" if item.facts["of"] == "view" else "table"
    text = f"alter {kind}{only} {table} alter column {column} set default {item.facts['expression']}"
    return [Piece(Phase.OBJECTS, text)]


TABLES: Writers = {
    "table": _table,
    "foreign table": _table,
    "column": nothing,
    "default": _default,
}
STAND_INS_OF_TABLES = {"table": StandIn(_first_columns, _other_columns)}
