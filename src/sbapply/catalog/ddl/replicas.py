"""Write what reaches other servers: foreign data wrappers, servers and their users, and publications."""

from collections.abc import Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.words import listed_options, literal, qualified
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier

WITHHELD = "withheld"
"""What stands for the value of an option that is nobody's business: it has to be set by hand."""


def _options(item: CatalogObject) -> str:
    options = listed_options(item.facts["options"])
    for name in cast("list[str]", item.facts.get("withheld") or ()):
        options.append(f"{quote_identifier(name)} {literal(WITHHELD)}")
    return f" options ({', '.join(options)})" if options else ""


def _wrapper(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    parts = "".join(f" {word} {item.facts[word]}" for word in ("handler", "validator") if item.facts[word])
    head = f"create foreign data wrapper {quote_identifier(item.key[0])}{parts}"
    return [Piece(Phase.OBJECTS, f"{head}{_options(item)}")]


def _server(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    parts = "".join(
        f" {word} {literal(str(facts[word]))}" for word in ("type", "version") if facts[word] is not None
    )
    wrapper = f"foreign data wrapper {quote_identifier(str(facts['wrapper']))}"
    head = f"create server {quote_identifier(item.key[0])}{parts} {wrapper}"
    return [Piece(Phase.OBJECTS, f"{head}{_options(item)}")]


def _user_mapping(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    server, user = item.key
    name = "public" if user == "public" else quote_identifier(user)
    head = f"create user mapping for {name} server {quote_identifier(server)}"
    return [Piece(Phase.OBJECTS, f"{head}{_options(item)}")]


def _publication(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    """Return one that is made; the platform's is there, and only changed, except for what cannot be."""
    name, facts = quote_identifier(item.key[0]), item.facts
    options = [f"publish = {literal(', '.join(cast('list[str]', facts['operations'])))}"]
    options.append(f"publish_via_partition_root = {'true' if facts['via_root'] else 'false'}")
    if facts["generated_columns"] != "n":
        options.append("publish_generated_columns = stored")
    given = ", ".join(options)
    there = item.key[0] == "supabase_realtime"
    if there and not facts["all_tables"]:
        return [Piece(Phase.OBJECTS, f"alter publication {name} set ({given})")]
    tables = " for all tables" if facts["all_tables"] else ""
    made = Piece(Phase.OBJECTS, f"create publication {name}{tables} with ({given})")
    return [Piece(Phase.OBJECTS, f"drop publication if exists {name}"), made] if there else [made]


def _published_table(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    columns = ", ".join(map(quote_identifier, cast("list[str]", item.facts["columns"] or ())))
    table = f"{qualified(item.key[1:])}{f' ({columns})' if columns else ''}"
    where = f" where ({item.facts['where']})" if item.facts["where"] else ""
    name = quote_identifier(item.key[0])
    return [Piece(Phase.TRIGGERS, f"alter publication {name} add table only {table}{where}")]


def _published_schema(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    publication, schema = map(quote_identifier, item.key)
    return [Piece(Phase.TRIGGERS, f"alter publication {publication} add tables in schema {schema}")]


def _subscription(_item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    """Return nothing: a copy that subscribed would take the original's rows away from it."""
    return []


REPLICAS: Writers = {
    "foreign data wrapper": _wrapper,
    "server": _server,
    "user mapping": _user_mapping,
    "publication": _publication,
    "publication table": _published_table,
    "publication schema": _published_schema,
    "subscription": _subscription,
}
