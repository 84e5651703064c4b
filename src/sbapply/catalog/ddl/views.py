"""Write views, materialized views, rules and policies."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from sbapply.catalog.ddl.piece import Phase, Piece, StandIn, Writers
from sbapply.catalog.ddl.tables import column_changes, table_options
from sbapply.catalog.ddl.words import names_of, qualified, storage_options
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier

if TYPE_CHECKING:
    from sbapply.database import Json

_ENABLED = {"disabled": "disable", "replica": "enable replica", "always": "enable always"}


def _query(item: CatalogObject) -> str:
    return str(item.facts["definition"]).strip().removesuffix(";")


def _view(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    return [Piece(Phase.OBJECTS, f"create view {_defined(item)}")]


def _defined(item: CatalogObject) -> str:
    options = storage_options(item.facts["options"])
    return f"{qualified(item.key)}{f' with ({options})' if options else ''} as\n{_query(item)}"


def _empty_view(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    columns = ", ".join(
        f"null::{type_}{f' collate {collation}' if collation else ''} as {quote_identifier(name)}"
        for name, type_, collation in cast("Sequence[tuple[str, str, str | None]]", item.facts["columns"] or ())
    )
    return [Piece(Phase.OBJECTS, f"create view {qualified(item.key)} as select {columns}")]


def _filled_view(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    return [Piece(Phase.OBJECTS, f"create or replace view {_defined(item)}")]


def _materialized_view(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts, name = item.facts, qualified(item.key)
    method = f" using {quote_identifier(str(facts['access_method']))}" if facts["access_method"] else ""
    space = f" tablespace {quote_identifier(str(facts['tablespace']))}" if facts["tablespace"] else ""
    options = f" with ({table_options(facts)})" if table_options(facts) else ""
    text = f"create materialized view {name}{method}{options}{space} as\n{_query(item)}\nwith no data"
    pieces = [Piece(Phase.OBJECTS, text)]
    pieces += [
        Piece(Phase.OBJECTS, f"alter table only {name} {change}")
        for column in cast("Sequence[Mapping[str, Json]]", facts["columns"] or ())
        for change in column_changes(quote_identifier(str(column["name"])), column)
    ]
    if facts["populated"]:
        # Its query may call what is made last.
        pieces.append(Piece(Phase.FILLED, f"refresh materialized view {name}", stays=True))
    return pieces


def _rule(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    pieces = [Piece(Phase.RULES, _query(item))]
    if enabled := _ENABLED.get(str(item.facts["enabled"])):
        change = f"{enabled} rule {quote_identifier(item.key[2])}"
        pieces.append(Piece(Phase.RULES, f"alter table {qualified(item.key[:2])} {change}"))
    return pieces


def _policy(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    roles = ", ".join(quote_identifier(role) if role else "public" for role in names_of(facts["roles"]))
    text = (
        f"create policy {quote_identifier(item.key[2])} on {qualified(item.key[:2])}"
        f"{'' if facts['permissive'] else ' as restrictive'} for {facts['command']} to {roles}"
    )
    if facts["using"] is not None:
        text += f" using ({facts['using']})"
    if facts["check"] is not None:
        text += f" with check ({facts['check']})"
    return [Piece(Phase.POLICIES, text)]


VIEWS: Writers = {
    "view": _view,
    "materialized view": _materialized_view,
    "rule": _rule,
    "policy": _policy,
}
STAND_INS_OF_VIEWS = {"view": StandIn(_empty_view, _filled_view)}
