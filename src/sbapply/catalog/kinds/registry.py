"""List the kinds in the order in which a reader meets them."""

from functools import cache
from importlib.resources import files
from typing import TypeAlias

Kind: TypeAlias = str

KINDS: tuple[Kind, ...] = (
    "role",
    "membership",
    "setting",
    "database",
    "schema",
    "extension",
    "enum",
    "domain",
    "composite type",
    "range type",
    "sequence",
    "table",
    "foreign table",
    "column",
    "default",
    "view",
    "materialized view",
    "constraint",
    "index",
    "statistics",
    "rule",
    "policy",
    "language",
    "collation",
    "conversion",
    "function",
    "procedure",
    "aggregate",
    "operator",
    "operator family",
    "operator class",
    "cast",
    "transform",
    "access method",
    "text search parser",
    "text search template",
    "text search dictionary",
    "text search configuration",
    "foreign data wrapper",
    "server",
    "user mapping",
    "trigger",
    "event trigger",
    "publication",
    "publication table",
    "publication schema",
    "subscription",
    "default privilege",
    "bucket",
    "cron job",
    "queue",
    "owner",
    "privilege",
    "comment",
)
"""Every kind; the file of a kind is ``{kind}.sql`` with its spaces as underscores."""

REMARKS: tuple[Kind, ...] = ("owner", "privilege", "comment")
"""The kinds that say something about an object of another kind."""


@cache
def kind_sql(kind: Kind) -> str:
    """Return the SELECT that reads ``kind``."""
    name = kind.replace(" ", "_") + ".sql"
    return files("sbapply.catalog.kinds").joinpath(name).read_text(encoding="utf-8").strip()
