"""Make out of claims which tables a report's picture shows, and what refers to what."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sbapply.database import Json
from sbapply.render.report.document import Claimed, names_of

TableKey: TypeAlias = "tuple[str, str]"

MOST_TABLES = 12
MOST_COLUMNS = 16

_OF_TABLES = frozenset({"table", "column", "constraint", "index", "row_security", "policy"})
_NAME = r'(?:"(?:[^"]|"")*"|[^\s".(),]+)'
_LIST = r'\(((?:"(?:[^"]|"")*"|[^)"])*)\)'
_REFERENCES = re.compile(rf"FOREIGN KEY {_LIST} REFERENCES ({_NAME}(?:\.{_NAME})?)\s*(?:{_LIST})?")
_PRIMARY = re.compile(rf"PRIMARY KEY {_LIST}")
_COLUMN = re.compile(_NAME)


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """Hold one line of a box; ``marked`` if this push made or changed it, ``wrong`` if it is not as claimed."""

    name: str
    type: str
    not_null: bool
    primary: bool
    marked: bool
    wrong: bool


@dataclass(frozen=True, slots=True)
class Box:
    """Hold one table; ``more`` columns are left out. One that nothing is claimed about has ``known`` False."""

    key: TableKey
    columns: tuple[ColumnShown, ...] = ()
    more: int = 0
    marked: bool = False
    wrong: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """Hold a foreign key between two boxes."""

    name: str
    source: TableKey
    columns: tuple[str, ...]
    target: TableKey
    target_columns: tuple[str, ...]
    marked: bool
    wrong: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Hold what is drawn, sorted by name; ``left_out`` tables have no room."""

    boxes: tuple[Box, ...]
    references: tuple[Reference, ...]
    left_out: int = 0


def picture_of(claims: Sequence[Claimed], made: Collection[str]) -> Picture:
    """Return the tables that the versions ``made`` changed, with those they refer to.

    Where ``made`` is empty, the tables of the newest versions. At most ``MOST_TABLES``.
    """
    standing = [each for each in claims if each.kind in _OF_TABLES and each.expected is not None]
    of_table: dict[TableKey, list[Claimed]] = {}
    for each in standing:
        if len(each.key) >= 2:
            of_table.setdefault((each.key[0], each.key[1]), []).append(each)
    known = {key for key, found in of_table.items() if any(each.kind in {"table", "column"} for each in found)}
    references = [found for each in standing if (found := _reference(each, made)) is not None]
    newest = {key: max(each.version for each in of_table[key]) for key in known}
    by_age = sorted(sorted(known), key=lambda key: newest[key], reverse=True)
    changed = [key for key in by_age if any(each.version in made for each in of_table[key])] if made else by_age
    wanted = changed[:MOST_TABLES]
    for reference in sorted(references, key=lambda each: (each.source, each.name)):
        if reference.source in wanted[: len(changed)] and reference.target not in wanted:
            wanted.append(reference.target)
    shown = set(wanted[:MOST_TABLES])
    drawn = [each for each in references if each.source in shown and each.target in shown]
    boxes = tuple(_box(key, of_table.get(key, ()), made) for key in sorted(shown))
    drawn.sort(key=lambda each: (each.source, each.name))
    return Picture(boxes, tuple(drawn), max(0, len(changed) - MOST_TABLES))


def _box(key: TableKey, claims: Sequence[Claimed], made: Collection[str]) -> Box:
    primary = {name for each in claims for name in _primary_columns(each)}
    columns = [_column(each, primary, made) for each in claims if each.kind == "column" and len(each.key) >= 3]
    tables = [each for each in claims if each.kind == "table"]
    return Box(
        key,
        _chosen(columns),
        max(0, len(columns) - MOST_COLUMNS),
        marked=any(each.version in made for each in tables),
        wrong=any(each.tone == "bad" for each in tables),
        known=bool(tables or columns),
    )


def _chosen(columns: Sequence[ColumnShown]) -> tuple[ColumnShown, ...]:
    """Return the columns that there is room for, in their order: those that say most."""
    ranked = sorted(columns, key=lambda each: (not each.wrong, not each.marked, not each.primary))
    kept = ranked[:MOST_COLUMNS]
    return tuple(each for each in columns if each in kept)


def _column(claim: Claimed, primary: Collection[str], made: Collection[str]) -> ColumnShown:
    name = claim.key[2]
    fact = claim.expected if isinstance(claim.expected, dict) else {}
    return ColumnShown(
        name,
        str(fact.get("type") or fact.get("data_type") or ""),
        not_null=fact.get("is_nullable") == "NO" or fact.get("not_null") is True,
        primary=name in primary,
        marked=claim.version in made,
        wrong=claim.tone == "bad",
    )


def _primary_columns(claim: Claimed) -> tuple[str, ...]:
    definition = _definition(claim.expected) if claim.kind == "constraint" else ""
    found = _PRIMARY.match(definition)
    return _columns(found[1]) if found else ()


def _reference(claim: Claimed, made: Collection[str]) -> Reference | None:
    if claim.kind != "constraint" or len(claim.key) < 3:
        return None
    found = _REFERENCES.match(_definition(claim.expected))
    if found is None:
        return None
    schema, name = ("public", *names_of(found[2]))[-2:]
    return Reference(
        claim.key[2],
        (claim.key[0], claim.key[1]),
        _columns(found[1]),
        (schema, name),
        _columns(found[3] or ""),
        marked=claim.version in made,
        wrong=claim.tone == "bad",
    )


def _definition(fact: Json) -> str:
    return str(fact.get("definition") or "") if isinstance(fact, Mapping) else ""


def _columns(listed: str) -> tuple[str, ...]:
    return tuple(names_of(each)[0] for each in _COLUMN.findall(listed))
