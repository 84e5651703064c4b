"""Write the statements that take objects away."""

from sbapply.catalog.ddl.remarks import named
from sbapply.catalog.ddl.words import qualified
from sbapply.catalog.whole import CatalogObject
from sbapply.quoting import quote_identifier, quote_literal

_BY_KEY = {
    "table": "table",
    "foreign table": "foreign table",
    "view": "view",
    "materialized view": "materialized view",
    "sequence": "sequence",
    "index": "index",
    "statistics": "statistics",
    "enum": "type",
    "composite type": "type",
    "range type": "type",
    "domain": "domain",
    "collation": "collation",
    "conversion": "conversion",
    "text search configuration": "text search configuration",
    "text search dictionary": "text search dictionary",
    "schema": "schema",
    "extension": "extension",
    "publication": "publication",
    "event trigger": "event trigger",
    "server": "server",
    "language": "language",
}
_ON_A_TABLE = frozenset({"policy", "trigger", "rule"})
_OF_A_TABLE = {
    "constraint": "drop constraint {}",
    "column": "drop column {}",
    "default": "alter column {} drop default",
}
_ROUTINES = frozenset({"function", "procedure", "aggregate"})

LOSES_DATA = frozenset({"table", "column", "bucket", "sequence"})
"""The kinds with which more goes than a definition."""


def drop(item: CatalogObject) -> str | None:
    """Return the statement, without its semicolon, that takes ``item`` away; None where there is none."""
    kind, key = item.identity
    if kind in _BY_KEY:
        return f"drop {_BY_KEY[kind]} {qualified(key)}"
    if kind in _ROUTINES:
        return f"drop {kind} {qualified(key[:2])}({key[2]})"
    if kind in _ON_A_TABLE:
        return f"drop {kind} {quote_identifier(key[2])} on {qualified(key[:2])}"
    if kind in _OF_A_TABLE:
        return f"alter table {qualified(key[:2])} {_OF_A_TABLE[kind].format(quote_identifier(key[2]))}"
    match kind:
        case "publication table":
            return f"alter publication {quote_identifier(key[0])} drop table {qualified(key[1:3])}"
        case "comment":
            return f"comment on {named(item)} is null"
        case "bucket":
            return f"delete from storage.buckets where id = {quote_literal(key[0])}"  # noqa: S608 - quoted
        case "cron job" if key[0]:
            return f"select cron.unschedule({quote_literal(key[0])})"
        case _:
            return None
