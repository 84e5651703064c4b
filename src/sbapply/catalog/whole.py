"""Hold a whole schema as values: every object by kind and names, what it is, whose it is, and what it needs."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from sbapply.catalog.kinds import KINDS, REMARKS, Kind, kind_sql
from sbapply.catalog.snapshot import SETTINGS_SQL
from sbapply.database import Database, Json, ask, shaped
from sbapply.errors import ReadFailed
from sbapply.quoting import quote_literal
from sbapply.templates import fill, load_sql

Key: TypeAlias = "tuple[str, ...]"
Identity: TypeAlias = "tuple[Kind, Key]"
_Row: TypeAlias = "tuple[int | None, list[str], dict[str, Json] | None, str | None]"


@dataclass(frozen=True, slots=True)
class CatalogObject:
    """Describe one object.

    ``facts`` is all that is compared, in a form that does not depend on the server's version. ``belongs`` is ''
    for the project's own, 'platform', or 'extension NAME'. ``needs`` are the objects that have to be there
    before it, ``later`` those of them that a stand-in for it does without, ``hints`` say how it is built, and
    ``number`` is the server's own for it, or for what it is said of; none of these is compared.
    """

    kind: Kind
    key: Key
    facts: Mapping[str, Json]
    belongs: str = ""
    needs: tuple[Identity, ...] = field(default=(), compare=False)
    hints: Mapping[str, Json] = field(default_factory=dict, compare=False)
    later: tuple[Identity, ...] = field(default=(), compare=False)
    number: int | None = field(default=None, compare=False)

    @property
    def identity(self) -> Identity:
        """Return what identifies it."""
        return (self.kind, self.key)

    @property
    def own(self) -> bool:
        """Say whether it is the project's own."""
        return not self.belongs

    def differing(self, other: "CatalogObject | None") -> tuple[str, ...]:
        """Return the names of the facts that differ, whichever version of the server either is read from."""
        if other is None:
            return tuple(self.facts)
        if self.facts == other.facts:
            return ()
        return tuple(
            name
            for name in {**self.facts, **other.facts}
            if self.facts.get(name) != other.facts.get(name) and not self._written_otherwise(other, name)
        )

    def _written_otherwise(self, other: "CatalogObject", name: str) -> bool:
        one, two = self.facts.get(name), other.facts.get(name)
        if not isinstance(one, str) or not isinstance(two, str):
            return False
        # Reading SQL takes a library that is slow to load; mostly nothing differs.
        from sbapply.catalog.canonical import same, spread_casts

        one, two = spread_casts(one), spread_casts(two)
        views = name == "definition" and self.kind in {"view", "materialized view"}
        return same(one, two) if views else one == two


@dataclass(frozen=True, slots=True)
class WholeCatalog:
    """Hold every object of a schema by its identity, in the order of ``KINDS`` and then of the keys.

    ``server_version`` is the server's ``server_version_num``; ``not_covered`` names what is there and in no kind.
    """

    objects: Mapping[Identity, CatalogObject]
    server_version: int
    not_covered: tuple[str, ...] = ()
    _parts: dict[tuple[Kind, Key], list[CatalogObject]] = field(default_factory=dict, compare=False, repr=False)

    def __iter__(self) -> Iterator[CatalogObject]:
        return iter(self.objects.values())

    def own(self) -> "WholeCatalog":
        """Return what is the project's own."""
        kept = {identity: item for identity, item in self.objects.items() if item.own}
        return WholeCatalog(kept, self.server_version, self.not_covered)

    def of(self, kind: Kind) -> Iterator[CatalogObject]:
        """Yield the objects of one kind."""
        return (item for item in self if item.kind == kind)

    def parts(self, kind: Kind, of: Key) -> Sequence[CatalogObject]:
        """Return the objects of ``kind`` whose key is ``of`` and one name more: a table's columns, say."""
        if not self._parts:
            for item in self:
                self._parts.setdefault((item.kind, item.key[:-1]), []).append(item)
        return self._parts.get((kind, of), ())


@dataclass(frozen=True, slots=True)
class Difference:
    """Say how one object differs: ``before`` is None for one that came, ``after`` for one that went."""

    identity: Identity
    before: CatalogObject | None
    after: CatalogObject | None

    def facts(self) -> tuple[str, ...]:
        """Return the names of the facts that differ."""
        item, other = (self.after, self.before) if self.after else (self.before, self.after)
        return item.differing(other) if item else ()


_SINCE: Mapping[tuple[Kind, str], int] = {
    ("column", "not_null_name"): 180000,
    ("column", "not_null_local"): 180000,
    ("column", "not_null_no_inherit"): 180000,
    ("column", "not_null_not_valid"): 180000,
    ("domain", "not_null_name"): 180000,
    ("privilege", "maintain"): 170000,
    ("default privilege", "maintain"): 170000,
}
"""Facts that servers of older versions do not have, with the first that has them."""


STAND_INS_DIFFER: Mapping[Kind, frozenset[str]] = {"extension": frozenset({"version"})}
"""Facts in which a rehearsal differs from a project: a stand-in takes every version that a migration pins."""


def untold_facts(one: WholeCatalog, other: WholeCatalog) -> frozenset[tuple[Kind, str]]:
    """Return the facts that are not compared between these two, because one of the servers does not have them."""
    oldest = min(one.server_version, other.server_version)
    untold = {name for name, since in _SINCE.items() if since > oldest}
    if one.server_version // 10000 != other.server_version // 10000:
        untold.add(("extension", "version"))
    return frozenset(untold)


def differences(before: WholeCatalog, after: WholeCatalog) -> tuple[Difference, ...]:
    """Return what differs, in the order of ``after``, objects that went last.

    Whose it is is not compared, nor what one of the two servers cannot tell, nor the versions of extensions between
    servers of different major versions.
    """
    untold = untold_facts(before, after)
    changed = [
        Difference(identity, before.objects.get(identity), item)
        for identity, item in after.objects.items()
        if (known := before.objects.get(identity)) is None
        or any((item.kind, name) not in untold for name in item.differing(known))
    ]
    gone = [
        Difference(identity, item, None)
        for identity, item in before.objects.items()
        if identity not in after.objects
    ]
    return (*changed, *gone)


def _sql(name: str) -> str:
    return load_sql("sbapply.catalog", name).strip()


AROUND_SQL = _sql("around.sql")
"""What comes after WITH in a query that asks whose a relation is; what it does not use costs nothing."""

WHOLE_ROWS_SQL = _sql("rows.sql")
"""What ``whole_select`` needs before it in its transaction, besides ``SETTINGS_SQL``."""


def whole_select(kinds: Collection[Kind] | None = None) -> str:
    """Return one SELECT of one row with one column, ``catalog``, a json text.

    Where ``kinds`` are given, objects of other kinds are only named, for the sake of what is said of them, and
    nothing is told of what needs what: of 1,200 tables that is a fifth of the answer.
    """
    return fill(
        _sql("whole.sql"),
        around=AROUND_SQL,
        alias=_sql("alias.sql"),
        about=_sql("about.sql"),
        kinds=_union((kind for kind in KINDS if kind not in REMARKS), kinds),
        remarks=_union(REMARKS, kinds),
        depends=_sql("depends.sql" if kinds is None else "depends_on_nothing.sql"),
        unnamed=_sql("unnamed.sql"),
        uncovered=_sql("uncovered.sql"),
    )


def _union(kinds: Iterable[Kind], wanted: Collection[Kind] | None) -> str:
    whole, named = _sql("kind.sql"), _sql("kind_named.sql")
    return "\nunion all\n".join(
        fill(whole if wanted is None or kind in wanted else named, kind=quote_literal(kind), rows=kind_sql(kind))
        for kind in kinds
    )


def whole_sql(kinds: Collection[Kind] | None = None) -> str:
    """Return the whole question: a transaction of its own that is rolled back."""
    return f"begin read only;\n{SETTINGS_SQL}{WHOLE_ROWS_SQL}\n{whole_select(kinds)};\nrollback;"


def read_whole(
    database: Database, *, patience: float = 20.0, kinds: Collection[Kind] | None = None
) -> WholeCatalog:
    """Read everything that the schema of ``database`` holds, in one request, without effect or privilege.

    Only the objects of ``kinds`` where those are given. Raises ``ReadFailed`` after ``patience`` seconds without an
    answer, ``SqlError`` and the lasting kinds of ``NotSent`` at once.
    """
    rows = ask(database, whole_sql(kinds), patience=patience)
    if len(rows) != 1 or "catalog" not in rows[0]:
        raise ReadFailed("The answer to the question for the catalog is not one row.", "Run the command again.")
    with shaped("the catalog"):
        value = rows[0]["catalog"]
        return whole_of(cast("Mapping[str, Json]", json.loads(value) if isinstance(value, str) else value))


def whole_of(value: Mapping[str, Json]) -> WholeCatalog:
    """Read the value of the column ``catalog``."""
    kinds = cast("Mapping[str, list[_Row] | None]", value["kinds"])
    rows = {kind: kinds.get(kind) or () for kind in KINDS}
    objects: dict[Identity, CatalogObject] = {}
    identities = {
        row[0]: (kind, tuple(row[1]))
        for kind in KINDS
        if kind not in REMARKS
        for row in rows[kind]
        if row[0] is not None
    }
    whose: dict[Identity, str] = {}
    for number, kind, belongs, names in cast("list[tuple[int, str, str, list[str]]]", value["unnamed"] or ()):
        identities[number] = (kind, tuple(names))
        whose[kind, tuple(names)] = belongs
    needs = _needs(cast("list[tuple[int, int, bool]]", value["needs"] or ()), identities)
    for kind in KINDS:
        if kind in REMARKS:
            items = [
                _remark(kind, row, about, whose)
                for row in rows[kind]
                if (about := identities.get(row[0] or 0)) is not None
            ]
        else:
            whose |= {(kind, tuple(row[1])): row[3] or "" for row in rows[kind] if row[2] is None}
            told = (row for row in rows[kind] if row[2] is not None)
            items = [_object(kind, row, needs.get(row[0] or 0, {})) for row in told]
        items.sort(key=lambda item: item.key)
        objects |= {item.identity: item for item in items}
        whose |= {item.identity: item.belongs for item in items}
    return WholeCatalog(
        objects, cast("int", value["version"]), tuple(cast("list[str]", value["not covered"] or ()))
    )


def _object(kind: Kind, row: _Row, needs: Mapping[Identity, bool]) -> CatalogObject:
    number, key, facts, belongs = row
    facts = facts or {}
    hints = _hints(facts)
    return CatalogObject(kind, tuple(key), facts, belongs or "", *_split(needs, hints), number)


def _hints(facts: dict[str, Json]) -> Mapping[str, Json]:
    return cast("Mapping[str, Json]", facts.pop("hints", None) or {})


def _remark(kind: Kind, row: _Row, about: Identity, whose: Mapping[Identity, str]) -> CatalogObject:
    """Return what is said of the object ``about``, named by that object's kind and key."""
    number, (column, *rest), facts, belongs = row
    facts = facts or {}
    hints = _hints(facts)
    if belongs is None or not whose[about]:
        belongs = whose[about]
    target = ("column", *about[1], column) if column else (about[0], *about[1])
    return CatalogObject(kind, (*target, *rest), facts, belongs, (about,), hints=hints, number=number)


def _needs(
    pairs: Iterable[tuple[int, int, bool]], identities: Mapping[int, Identity]
) -> dict[int, dict[Identity, bool]]:
    """Return what each object needs, by its number, of what the catalog holds, and whether it can come later."""
    found: dict[int, dict[Identity, bool]] = {}
    for dependent, needed, later in pairs:
        if dependent in identities and needed in identities:
            found.setdefault(dependent, {})[identities[needed]] = later
    return found


def _split(
    needs: Mapping[Identity, bool], hints: Mapping[str, Json]
) -> tuple[tuple[Identity, ...], Mapping[str, Json], tuple[Identity, ...]]:
    """Return the last three fields of an object: its needs, its hints, and what of its needs can come later."""
    return tuple(sorted(needs)), hints, tuple(sorted(need for need, later in needs.items() if later))
