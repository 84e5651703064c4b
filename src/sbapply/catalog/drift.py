"""Say how a project's schema differs from the one that its migrations make, without what says nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sbapply.catalog.usual import without_usual
from sbapply.catalog.whole import (
    STAND_INS_DIFFER,
    CatalogObject,
    Difference,
    Identity,
    Key,
    WholeCatalog,
    differences,
    untold_facts,
)
from sbapply.database import Json

Side: TypeAlias = Literal["missing", "extra", "different"]

_OF_A_TABLE = frozenset({"column", "default", "constraint", "index", "rule", "policy", "trigger"})
_OF_A_PUBLICATION = frozenset({"publication table", "publication schema"})
_TABLES = ("table", "foreign table", "view", "materialized view")
_REMARKS = frozenset({"owner", "privilege", "comment"})
_HANDED_DOWN = frozenset({"inherited", "not_null_local"})


@dataclass(frozen=True, slots=True)
class Drift:
    """Say how one object is not as the migrations make it.

    ``missing`` is not on the project, ``extra`` is only there. ``about`` is the object that it is a part of, itself
    if none; ``facts`` are those that differ, by name: what the migrations say, and what the project has.
    """

    side: Side
    identity: Identity
    about: Identity
    facts: Mapping[str, tuple[Json, Json]]


def drift(expected: WholeCatalog, found: WholeCatalog) -> tuple[Drift, ...]:
    """Return how ``found`` differs from ``expected`` in what is the project's own, object by object.

    What belongs to an object that is missing or extra itself is not listed beside it, nor privileges that are on
    both sides what every new object gets, nor a column's place where only its neighbours came or went.
    """
    expected, found = without_usual(expected.own(), found.own())
    both = _Both(expected, found, untold_facts(expected, found))
    told = [each for each in differences(expected, found) if not both.says_nothing(each)]
    listed = {each.identity for each in told if each.before is None or each.after is None}
    drifts = [both.drift(each) for each in told if listed.isdisjoint(both.above(each.identity))]
    return tuple(sorted(drifts, key=lambda each: (each.about[1], each.about[0], each.identity)))


def ancestors(identity: Identity, catalog: WholeCatalog) -> Iterator[Identity]:
    """Yield the objects of ``catalog`` that ``identity`` is a part of or speaks of, from the nearest on."""
    return _Both(catalog, catalog, frozenset()).above(identity)


@dataclass(frozen=True, slots=True)
class _Both:
    """Hold both catalogs, and the facts that only one of their servers can tell."""

    expected: WholeCatalog
    found: WholeCatalog
    untold: frozenset[tuple[str, str]]

    def drift(self, difference: Difference) -> Drift:
        before, after = difference.before, difference.after
        side: Side = "extra" if before is None else "missing" if after is None else "different"
        names = self._compared(difference) if before is not None and after is not None else ()
        facts = {name: (_fact(before, name), _fact(after, name)) for name in names}
        return Drift(side, difference.identity, self.about(difference.identity), facts)

    def about(self, identity: Identity) -> Identity:
        """Return the object that ``identity`` is a part of or speaks of in the end, itself if none."""
        return (identity, *self.above(identity))[-1]

    def above(self, identity: Identity) -> Iterator[Identity]:
        """Yield the objects that ``identity`` is a part of or speaks of, from the nearest on."""
        kind, key = identity
        if kind in _REMARKS:
            target = (key[0], key[1:-1] if kind == "privilege" else key[1:])
            yield target
            yield from self.above(target)
        elif kind in _OF_A_TABLE:
            if kind == "default":
                yield ("column", key)
            yield from (table for table in self._tables(identity) if self._is_there(table))
        elif kind in _OF_A_PUBLICATION:
            yield ("publication", key[:1])

    def says_nothing(self, difference: Difference) -> bool:
        """Say whether two objects that differ are the same for whoever uses them."""
        if difference.before is None or difference.after is None:
            return False
        kind, key = difference.identity
        names = set(self._compared(difference))
        if kind == "column" and "place" in names and self._same_order(key[:-1]):
            names.remove("place")
        if kind == "column" and names <= _HANDED_DOWN and self._has_other_parents(key[:-1]):
            return True
        return not names

    def _has_other_parents(self, table: Key) -> bool:
        """Say whether a table inherits from others than it should: that is told of the table."""
        one, other = self.expected.objects.get(("table", table)), self.found.objects.get(("table", table))
        return one is not None and not {"inherits", "partition_of"}.isdisjoint(one.differing(other))

    def _compared(self, difference: Difference) -> Sequence[str]:
        """Return the names of the facts that differ and that both servers can tell."""
        kind = difference.identity[0]
        left_out = STAND_INS_DIFFER.get(kind, frozenset())
        return [name for name in difference.facts() if name not in left_out and (kind, name) not in self.untold]

    def _same_order(self, table: Key) -> bool:
        """Say whether the columns that both have stand in the same order."""
        expected = _places(self.expected, table)
        found = _places(self.found, table)
        common = expected.keys() & found.keys()
        return sorted(common, key=expected.__getitem__) == sorted(common, key=found.__getitem__)

    def _is_there(self, identity: Identity) -> bool:
        return identity in self.expected.objects or identity in self.found.objects

    def _tables(self, identity: Identity) -> Iterable[Identity]:
        """Return what the table may be that an object is a part of: its key says so, but an index's does not."""
        kind, key = identity
        if kind == "index":
            item = self.expected.objects.get(identity) or self.found.objects.get(identity)
            key = (key[0], str(item.facts["table"])) if item is not None else key
        return ((each, key[:2]) for each in _TABLES)


def _places(catalog: WholeCatalog, table: Key) -> Mapping[str, int]:
    return {item.key[-1]: int(str(item.facts["place"])) for item in catalog.parts("column", table)}


def _fact(item: CatalogObject | None, name: str) -> Json:
    return item.facts.get(name) if item is not None else None
