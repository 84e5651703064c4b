"""Write schemas, extensions and types."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, StandIn, Writers
from sbapply.catalog.ddl.words import names_of, qualified
from sbapply.catalog.whole import CatalogObject, Identity, WholeCatalog
from sbapply.database import Json
from sbapply.quoting import quote_identifier, quote_literal

_FROM_THE_START = ("pg_graphql", "pg_stat_statements", "pgcrypto", "supabase_vault", "uuid-ossp")
"""The extensions that a new project has and its owner may drop."""


def _schema(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    return [Piece(Phase.SCHEMAS, f"create schema if not exists {quote_identifier(item.key[0])}")]


def _extension(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    name, schema = str(item.key[0]), str(item.facts["schema"])
    space = catalog.objects.get(("schema", (schema,)))
    # A schema of the platform's other than these is one that the extension's control file names, and makes.
    named = space is None or space.own or schema in {"extensions", "public"}
    where = f" with schema {quote_identifier(schema)}" if named else ""
    # Without a version: a server has those that it has, and gives its own choice.
    text = f"create extension if not exists {quote_identifier(name)}{where}"
    return [Piece(Phase.EXTENSIONS, text)]


def dropped_extensions(catalog: WholeCatalog, there: WholeCatalog | None) -> Iterator[tuple[Identity, Piece]]:
    """Yield a DROP of each extension that projects have from the start and this one has not any more."""
    found = [] if there is None else [item.identity for item in there.of("extension")]
    for kind, key in found or [("extension", (name,)) for name in _FROM_THE_START]:
        if (kind, key) not in catalog.objects:
            drop = f"drop extension if exists {quote_identifier(key[0])}"
            yield (kind, key), Piece(Phase.EXTENSIONS, drop)


def _enum(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    labels = ", ".join(quote_literal(label) for label in names_of(item.facts["labels"]))
    return [Piece(Phase.OBJECTS, f"create type {qualified(item.key)} as enum ({labels})")]


def _collate(collation: Json) -> str:
    return f" collate {collation}" if collation else ""


def _domain(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    text = f"create domain {qualified(item.key)} as {facts['type']}{_collate(facts['collation'])}"
    if facts["default"] is not None:
        text += f" default {facts['default']}"
    if facts["not_null"]:
        name = facts["not_null_name"]
        text += f"{f' constraint {quote_identifier(str(name))}' if name else ''} not null"
    checks = _checks(item)
    text += "".join(f" constraint {name} {check['definition']}" for name, check in checks if check["validated"])
    return [Piece(Phase.OBJECTS, text), *_later_checks(item, only_not_valid=True)]


def _checks(item: CatalogObject) -> Sequence[tuple[str, Mapping[str, Json]]]:
    checks = cast("Sequence[Mapping[str, Json]]", item.facts["constraints"])
    return [(quote_identifier(str(check["name"])), check) for check in checks]


def _later_checks(item: CatalogObject, *, only_not_valid: bool) -> Sequence[Piece]:
    return [
        Piece(Phase.OBJECTS, f"alter domain {qualified(item.key)} add constraint {name} {check['definition']}")
        for name, check in _checks(item)
        if not (only_not_valid and check["validated"])
    ]


def _bare_domain(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    bare = CatalogObject(item.kind, item.key, {**item.facts, "default": None, "constraints": []})
    return _domain(bare, catalog)


def _rest_of_domain(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    default = item.facts["default"]
    text = f"alter domain {qualified(item.key)} set default {default}"
    return [
        *([] if default is None else [Piece(Phase.OBJECTS, text)]),
        *_later_checks(item, only_not_valid=False),
    ]


def _composite(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    attributes = cast("Sequence[Mapping[str, Json]]", item.facts["attributes"])
    inside = ", ".join(
        f"{quote_identifier(str(each['name']))} {each['type']}{_collate(each['collation'])}" for each in attributes
    )
    return [Piece(Phase.OBJECTS, f"create type {qualified(item.key)} as ({inside})")]


def _range(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    told = {
        "subtype": facts["subtype"],
        "subtype_opclass": facts["opclass"],
        "collation": facts["collation"],
        "canonical": facts["canonical"],
        "subtype_diff": facts["subtype_diff"],
        "multirange_type_name": qualified(names_of(facts["multirange"])),
    }
    inside = ", ".join(f"{name} = {value}" for name, value in told.items() if value is not None)
    return [Piece(Phase.OBJECTS, f"create type {qualified(item.key)} as range ({inside})")]


def _shell(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    return [Piece(Phase.SHELLS, f"create type {qualified(item.key)}")]


TYPES: Writers = {
    "schema": _schema,
    "extension": _extension,
    "enum": _enum,
    "domain": _domain,
    "composite type": _composite,
    "range type": _range,
}
STAND_INS_OF_TYPES = {
    "domain": StandIn(_bare_domain, _rest_of_domain),
    "range type": StandIn(_shell, _range),
}
