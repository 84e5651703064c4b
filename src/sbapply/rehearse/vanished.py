"""Tell what objects that are no parts of tables migrations took away: dropped, or called otherwise."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sbapply.catalog.whole import Identity, Key, WholeCatalog
from sbapply.database import Row, ask, shaped
from sbapply.rehearse.platform import SUPERUSER
from sbapply.rehearse.wire import LocalDatabase
from sbapply.templates import load_sql
from sbapply.verify.queries import TYPE
from sbapply.verify.whole import standing

_UNDER_ITS_NAMES = frozenset(
    {
        "view",
        "materialized view",
        "sequence",
        "foreign table",
        "trigger",
        "rule",
        "schema",
        "extension",
        "language",
        "publication",
        "server",
        "access method",
        "collation",
        "conversion",
        "text search parser",
        "text search template",
        "text search dictionary",
        "text search configuration",
    }
)
_CALLED_OTHERWISE = {"foreign-data wrapper": "foreign data wrapper", "statistics object": "statistics"}
_ROUTINES = frozenset({"function", "procedure", "aggregate"})
_WITHOUT_SCHEMA = frozenset(
    {
        "schema",
        "extension",
        "language",
        "publication",
        "publication table",
        "publication schema",
        "server",
        "access method",
        "foreign data wrapper",
        "user mapping",
        "cast",
        "transform",
    }
)


@dataclass(frozen=True, slots=True)
class Vanished:
    """Name an object that was there and is not at the end; ``xid`` is the transaction that took it away."""

    identity: Identity
    xid: int


def watch_names(database: LocalDatabase) -> None:
    """Have ``database``, a scratch one, keep what is made, renamed and dropped in it from now on."""
    _as_superuser(database).run(load_sql("sbapply.rehearse", "watch_names.sql"))


def read_vanished(database: LocalDatabase, catalog: WholeCatalog, *, patience: float) -> tuple[Vanished, ...]:
    """Return what was in ``database`` since ``watch_names`` and is not in ``catalog``, its own of now.

    Left out is what belonged to something that is gone itself: a trigger of a table, a function of a schema.
    Read-only, one request. Raises what ``ask`` does.
    """
    rows = ask(_as_superuser(database), load_sql("sbapply.rehearse", "vanished.sql"), patience=patience)
    with shaped("what was dropped"):
        return tuple(_vanished(rows, catalog))


def _vanished(rows: Sequence[Row], catalog: WholeCatalog) -> Iterator[Vanished]:
    taken: dict[Identity, int] = {}
    called: dict[tuple[int, int], Identity] = {}
    for row in rows:
        identity = _identity(row)
        if identity is None:
            continue
        number, xid = (cast("int", row["class"]), cast("int", row["object"])), int(str(row["xid"]))
        before = called.get(number)
        if before is not None and before != identity:
            taken[before] = xid
        if row["gone"]:
            taken[identity] = xid
        called[number] = identity
    placed = {identity for row in rows if row["placed"] and (identity := _identity(row)) is not None}
    for identity, xid in taken.items():
        if identity in placed and standing(identity, catalog) is None and _has_a_place(identity, catalog):
            yield Vanished(identity, xid)


def _has_a_place(identity: Identity, catalog: WholeCatalog) -> bool:
    """Say whether that is there which an object would be in, apart from a table."""
    kind, key = identity
    if kind in {"publication table", "publication schema"}:
        return ("publication", key[:1]) in catalog.objects
    if kind == "user mapping":
        return ("server", key[:1]) in catalog.objects
    return kind in _WITHOUT_SCHEMA or ("schema", key[:1]) in catalog.objects


def _identity(row: Row) -> "Identity | None":
    """Return how the whole catalog identifies what Postgres has named by its address; None for other kinds."""
    kind, names, arguments = str(row["type"]), _texts(row["names"]), _texts(row["arguments"])
    if not names or None in names:
        return None
    build = _BUILDERS.get(kind)
    if build is not None:
        return build(cast("Key", names), cast("Key", arguments))
    if kind in _UNDER_ITS_NAMES or kind in _CALLED_OTHERWISE:
        return (_CALLED_OTHERWISE.get(kind, kind), cast("Key", names))
    return None


def _routine(kind: str) -> "Callable[[Key, Key], Identity]":
    return lambda names, arguments: (kind, (*names, ", ".join(map(_short, arguments))))


_BUILDERS: Mapping[str, "Callable[[Key, Key], Identity]"] = {
    **{kind: _routine(kind) for kind in _ROUTINES},
    "type": lambda names, _: (TYPE, names),
    "cast": lambda names, arguments: ("cast", (_short(names[0]), _short(arguments[0]))),
    "transform": lambda names, arguments: ("transform", (_short(names[0]), arguments[0])),
    "operator": lambda names, arguments: ("operator", (*names, *map(_short, arguments))),
    "operator class": lambda names, _: ("operator class", (*names[1:], names[0])),
    "operator family": lambda names, _: ("operator family", (*names[1:], names[0])),
    "user mapping": lambda names, arguments: ("user mapping", (arguments[0], names[0])),
    "publication relation": lambda names, arguments: ("publication table", (arguments[0], *names)),
    "publication namespace": lambda names, arguments: ("publication schema", (arguments[0], *names)),
}


def _short(type_name: str) -> str:
    """Return a type as it is spelled under an empty search_path."""
    return type_name.removeprefix("pg_catalog.")


def _texts(value: object) -> tuple[str | None, ...]:
    return tuple(json.loads(str(value)))


def _as_superuser(database: LocalDatabase) -> LocalDatabase:
    from psycopg.conninfo import make_conninfo

    return LocalDatabase(make_conninfo(database.conninfo, user=SUPERUSER))
