"""Write the statements that give an object the facts that it should have."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from sbapply.catalog.ddl.sequences import sequence_options
from sbapply.catalog.ddl.tables import identity_of
from sbapply.catalog.ddl.words import names_of, qualified, storage_options
from sbapply.catalog.whole import CatalogObject
from sbapply.database import Json
from sbapply.quoting import quote_identifier, quote_literal

_COMPRESSION = {"p": "pglz", "l": "lz4"}


def alter(item: CatalogObject, found: CatalogObject, facts: Sequence[str]) -> Sequence[str] | None:
    """Return the statements that bring ``facts`` of ``found`` to those of ``item``; None where one cannot be."""
    match item.kind:
        case "table":
            changes = [_table(item, found, name) for name in facts]
        case "column":
            changes = [_column(item, found, name) for name in facts if not _comes_with(name, facts)]
        case "sequence":
            return _sequence(item, facts)
        case "enum":
            return _enum(item, found)
        case _:
            return None
    if any(change is None for change in changes):
        return None
    return [f"alter table {qualified(item.key[:2])} {change}" for change in changes]


def _comes_with(name: str, facts: Sequence[str]) -> bool:
    """Say whether a fact of a column is brought about by the statement for another that differs too."""
    return (name == "collation" and "type" in facts) or (name == "identity_sequence" and "identity" in facts)


def _table(item: CatalogObject, found: CatalogObject, name: str) -> str | None:
    value, now = item.facts.get(name), found.facts.get(name)
    match name:
        case "row_security":
            return f"{'enable' if value else 'disable'} row level security"
        case "row_security_forced":
            return f"{'' if value else 'no '}force row level security"
        case "options":
            return _options(value, now)
        case "replica_identity" if value != "index":
            return f"replica identity {value or 'default'}"
        case "unlogged":
            return f"set {'unlogged' if value else 'logged'}"
        case "clustered_on":
            return f"cluster on {quote_identifier(str(value))}" if value else "set without cluster"
        case "inherits" if len(_lists(value)) > len(_lists(now)):
            missing = [parent for parent in _lists(value) if parent not in _lists(now)]
            return ", ".join(f"inherit {qualified(parent)}" for parent in missing)
    return None


def _column(item: CatalogObject, found: CatalogObject, name: str) -> str | None:
    change = _of_a_column(item, found, name)
    return change if change is None else f"alter column {quote_identifier(item.key[2])} {change}"


def _of_a_column(item: CatalogObject, found: CatalogObject, name: str) -> str | None:
    value, now = item.facts.get(name), found.facts.get(name)
    match name:
        case "type" | "collation" if not item.facts.get("generated"):
            kind = item.facts["type"]
            collation = f" collate {item.facts['collation']}" if item.facts.get("collation") else ""
            return f"type {kind}{collation} using {quote_identifier(item.key[2])}::{kind}"
        case "not_null":
            return f"{'set' if value else 'drop'} not null"
        case "statistics":
            return f"set statistics {-1 if value is None else value}"
        case "compression":
            return f"set compression {_COMPRESSION.get(str(value), 'default')}"
        case "options":
            return _options(value, now)
        case "identity":
            return _identity(item, value, now)
        case "identity_sequence" if value and now:
            return _set_each(cast("Mapping[str, Json]", value))
        case _:
            return None


def _identity(item: CatalogObject, value: Json, now: Json) -> str:
    if value and now:
        return f"set generated {'always' if value == 'a' else 'by default'}"
    return f"add{identity_of(item)}" if value else "drop identity"


def _sequence(item: CatalogObject, facts: Sequence[str]) -> Sequence[str] | None:
    if not {"type", "start", "increment", "minimum", "maximum", "cache", "cycle", "owned_by"}.issuperset(facts):
        return None
    name, owner = qualified(item.key), item.facts["owned_by"]
    cycle = "" if item.facts["cycle"] else " no cycle"
    return [
        f"alter sequence {name} as {item.facts['type']} {sequence_options(item.facts)}{cycle}",
        f"alter sequence {name} owned by {qualified(names_of(owner)) if owner else 'none'}",
    ]


def _enum(item: CatalogObject, found: CatalogObject) -> Sequence[str] | None:
    """Return what adds labels; none can be taken away or moved."""
    wanted, there = names_of(item.facts["labels"]), names_of(found.facts["labels"])
    if [label for label in wanted if label in there] != there:
        return None
    return list(_added_labels(qualified(item.key), wanted, set(there)))


def _added_labels(name: str, wanted: Sequence[str], there: set[str]) -> Iterator[str]:
    for place, label in enumerate(wanted):
        if label not in there:
            where = f" after {quote_literal(wanted[place - 1])}" if place else f" before {quote_literal(wanted[1])}"
            yield f"alter type {name} add value {quote_literal(label)}{where}"


def _set_each(sequence: Mapping[str, Json]) -> str:
    return (
        f"set start with {sequence['start']} set increment by {sequence['increment']} "
        f"set minvalue {sequence['minimum']} set maxvalue {sequence['maximum']} set cache {sequence['cache']} "
        f"set {'cycle' if sequence['cycle'] else 'no cycle'}"
    )


def _options(value: Json, now: Json) -> str | None:
    """Return what sets or resets options; both at once takes two statements, and is left."""
    gone = [each.partition("=")[0] for each in names_of(now or []) if each not in names_of(value or [])]
    if value and gone:
        return None
    return f"set ({storage_options(value)})" if value else f"reset ({', '.join(gone)})"


def _lists(value: Json) -> "list[list[str]]":
    return cast("list[list[str]]", value or [])
