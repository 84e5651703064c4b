"""Write the statements that bring a schema back to what its migrations make."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from sbapply.catalog.ddl.alters import alter
from sbapply.catalog.ddl.build import build
from sbapply.catalog.ddl.drops import LOSES_DATA, drop
from sbapply.catalog.ddl.tables import column_line
from sbapply.catalog.ddl.words import qualified
from sbapply.catalog.drift import Drift, ancestors
from sbapply.catalog.names import named
from sbapply.catalog.whole import CatalogObject, Identity, WholeCatalog

_MADE_ANEW = frozenset(
    {"policy", "trigger", "rule", "index", "constraint", "view", "materialized view", "statistics", "publication"}
)
_WRITTEN_OVER = frozenset({"function", "procedure", "aggregate", "default", "comment", "owner", "cron job"})
_RIGHTS = frozenset({"privilege", "default privilege"})


class Loss(Enum):
    """Say whether data goes with a statement that is run where there is some."""

    NONE = auto()
    POSSIBLE = auto()
    CERTAIN = auto()


@dataclass(frozen=True, slots=True)
class Restoring:
    """Hold one statement, without its semicolon; ``warning`` says what is lost, or what no statement does.

    ``sql`` is '' where something is left to be done by hand. ``loss`` is that of the statement itself: what was
    lost before it is run is told in the warning only.
    """

    sql: str
    warning: str = ""
    loss: Loss = Loss.NONE


def restore(expected: WholeCatalog, found: WholeCatalog, drifts: Sequence[Drift]) -> tuple[Restoring, ...]:
    """Return the statements that undo ``drifts``, in an order that runs: what is too much goes first.

    Nothing is run. What cannot be written is told in its place.
    """
    extra = [found.objects[each.identity] for each in drifts if each.side == "extra"]
    different = [each for each in drifts if each.side == "different"]
    anew = {each.identity for each in different if each.identity[0] in _MADE_ANEW}
    missing = {each.identity for each in drifts if each.side == "missing"}
    wanted = anew | missing | {each.identity for each in different if each.identity[0] in _WRITTEN_OVER}
    # A column that was handed down goes with the one that it comes from.
    gone = [item for item in extra if item.kind not in _RIGHTS and not item.facts.get("inherited")]
    return (
        *_drops([*gone, *(found.objects[identity] for identity in anew)], {item.identity for item in gone}),
        *_alters(expected, found, [each for each in different if each.identity not in wanted]),
        *_columns(expected, missing),
        *_builds(expected, found, wanted),
    )


def _drops(items: Sequence[CatalogObject], gone: set[Identity]) -> Iterator[Restoring]:
    """Yield what takes objects away, those that need others before these."""
    left = {item.identity: item for item in items}
    while left:
        needed = {need for item in left.values() for need in item.needs if need != item.identity}
        free = [identity for identity in left if identity not in needed] or list(left)
        for identity in sorted(free, key=lambda each: each[0] not in {"comment", "default", "constraint"}):
            sql = drop(left.pop(identity))
            if sql is None:
                yield Restoring("", f"by hand: {named(*identity)} is too much")
            else:
                loses = identity in gone and identity[0] in LOSES_DATA
                warning = f"loses what {named(*identity)} holds" if loses else ""
                yield Restoring(sql, warning, Loss.CERTAIN if loses else Loss.NONE)


def _alters(expected: WholeCatalog, found: WholeCatalog, drifts: Iterable[Drift]) -> Iterator[Restoring]:
    for each in drifts:
        if each.identity[0] in _RIGHTS:
            continue
        item, now = expected.objects[each.identity], found.objects[each.identity]
        statements = alter(item, now, tuple(each.facts))
        if statements is None:
            yield Restoring("", f"by hand: {named(*each.identity)} differs in {', '.join(each.facts)}")
            continue
        narrows = item.kind == "column" and not {"type", "collation"}.isdisjoint(each.facts)
        warning = "can lose data: another type" if narrows else ""
        yield from (Restoring(sql, warning, Loss.POSSIBLE if narrows else Loss.NONE) for sql in statements)


def _columns(expected: WholeCatalog, missing: set[Identity]) -> Iterator[Restoring]:
    """Yield what adds columns to tables that are there, each with its default."""
    for kind, key in sorted(missing):
        if kind != "column":
            continue
        default = expected.objects.get(("default", key))
        value = f" default {default.facts['expression']}" if default is not None else ""
        line = column_line(expected.objects[kind, key])
        yield Restoring(
            f"alter table {qualified(key[:2])} add column {line}{value}",
            "what the column held is lost; it stands behind the others now",
        )


def _builds(expected: WholeCatalog, found: WholeCatalog, wanted: set[Identity]) -> Iterator[Restoring]:
    """Yield what makes ``wanted`` and what belongs to it, and gives all the rights that they should have."""
    columns = {("default", key) for kind, key in wanted if kind == "column"}
    there = {
        identity: item
        for identity, item in expected.objects.items()
        if identity in columns
        or (
            item.kind not in _RIGHTS and identity not in wanted and wanted.isdisjoint(ancestors(identity, expected))
        )
    }
    rights = {identity: item for identity, item in found.objects.items() if item.kind in _RIGHTS}
    apart_from = WholeCatalog({**there, **rights}, expected.server_version)
    for statement in build(expected, apart_from=apart_from):
        sql = statement.sql
        for word in ("function", "procedure", "aggregate"):
            sql = (
                sql.replace(f"create {word} ", f"create or replace {word} ", 1)
                if sql.startswith(f"create {word} ")
                else sql
            )
        yield Restoring(sql)
