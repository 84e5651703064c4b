"""Look at a catalog again and again, and read only what moved in between."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TypeAlias, cast

from sbapply.catalog.diff import Change, diff
from sbapply.catalog.model import Catalog, CatalogObject, Key, ObjectKind
from sbapply.catalog.snapshot import SETTINGS_SQL, SNAPSHOT_SELECT_AMONG
from sbapply.database import Database, Json, ask, shaped
from sbapply.errors import ReadFailed
from sbapply.templates import fill

# The number of the transaction that every database starts with: nothing is older.
_EVERYTHING = 1

Standing: TypeAlias = "dict[str, dict[int, int]]"


def _load(name: str) -> str:
    return files("sbapply.catalog").joinpath(name).read_text(encoding="utf-8").rstrip()


PREPARATION = "".join(
    (
        SETTINGS_SQL.replace("set local", "set"),
        _load("watch_settings.sql"),
        fill(_load("standing_prepared.sql"), standing=_load("standing.sql")),
        fill(_load("changes.sql"), snapshot=SNAPSHOT_SELECT_AMONG, standing=_load("standing.sql")),
    )
)
"""What a session has to run before a ``CatalogWatch`` can look through it."""

_ASK = _load("ask_changes.sql")


@dataclass(frozen=True, slots=True)
class _Look:
    """Hold one answer: the tables that may have moved, by oid, what they are now, and what is around them."""

    horizon: int
    touched: Mapping[int, Key]
    catalog: Catalog
    counts: Mapping[str, int]
    written: Standing
    surroundings: Mapping[str, str]


@dataclass(slots=True)
class CatalogWatch:
    """Say what became of a catalog since the last look, as a diff of two whole snapshots would.

    ``database`` keeps one session, which has run ``PREPARATION``. A look reads the rows that were written since the
    last one by their xmin, finds by pg_depend what else is spelled with them, and counts what can vanish without
    a trace. ``reopen`` is called when roles, settings or names of schemas moved, which sessions that are open may
    not have noticed; everything is read again then.
    """

    database: Database
    reopen: Callable[[], None]
    patience: float = 20.0
    _horizon: int = _EVERYTHING
    _standing: Standing = field(default_factory=dict)
    _keys: dict[int, Key] = field(default_factory=dict)
    _described: dict[Key, list[tuple[ObjectKind, CatalogObject]]] = field(default_factory=dict)
    _surroundings: Mapping[str, str] = field(default_factory=dict)

    @property
    def horizon(self) -> int:
        """Return the number that no transaction before the last look reaches."""
        return self._horizon

    def look(self) -> tuple[Change, ...]:
        """Return what changed since the last look, everything at the first. Raises what ``ask`` raises."""
        found = self._ask(self._horizon)
        if _moved(self._surroundings, found.surroundings):
            self.reopen()
            found = self._ask(_EVERYTHING)
        self._add_standing(found.written)
        bereft: set[int] = set()
        if any(len(self._standing[kind]) != count for kind, count in found.counts.items()):
            bereft = self._drop_vanished()
            if bereft - found.touched.keys():
                found = self._ask(self._horizon, bereft)
        self._horizon = found.horizon
        self._surroundings = found.surroundings
        return self._take_in(found, bereft)

    def _take_in(self, found: _Look, bereft: set[int]) -> tuple[Change, ...]:
        """Put what was found in the place of what was known of the same tables, and return the difference."""
        known = [self._keys.pop(oid) for oid in {*found.touched, *bereft} if oid in self._keys]
        before = [pair for key in sorted(known, key=_byte_order) for pair in self._described.pop(key)]
        for table in found.catalog.tables:
            self._described[table.key] = []
        for pair in found.catalog.objects():
            self._described[pair[1].key[:2]].append(pair)
        self._keys.update((oid, key) for oid, key in found.touched.items() if key in self._described)
        return diff(Catalog.gather(before), found.catalog)

    def _add_standing(self, written: Standing) -> None:
        for kind, pairs in written.items():
            self._standing.setdefault(kind, {}).update(pairs)

    def _drop_vanished(self) -> set[int]:
        """Find out what is not there any more; return the oids of the tables that it belonged to."""
        sql = fill(_load("ask_standing.sql"), since=str(_EVERYTHING))
        [row] = ask(self.database, sql, patience=self.patience)
        with shaped("the catalog"):
            _, standing = _read_standing(_parsed(row["standing"]))
        bereft = {
            table
            for kind, pairs in self._standing.items()
            for oid, table in pairs.items()
            if oid not in standing.get(kind, {})
        }
        self._standing = standing
        return bereft

    def _ask(self, since: int, also: Iterable[int] = ()) -> _Look:
        sql = fill(_ASK, since=str(since), tables=", ".join(map(str, sorted(also))))
        rows = ask(self.database, sql, patience=self.patience)
        if len(rows) != 1 or "changes" not in rows[0]:
            raise ReadFailed("The answer to the question for changes is not one row.", "Run the command again.")
        with shaped("the catalog"):
            return _read(_parsed(rows[0]["changes"]))


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Say whether names or settings that definitions and sessions depend on are others than they were.

    A role or a schema that came is in nothing that was there; at the first look there was nothing.
    """
    if any(after.get(what) != name for what, name in before.items()):
        return True
    came = after.keys() - before.keys() if before else set()
    return any(not what.startswith(("role ", "schema ")) for what in came)


def _read(value: Mapping[str, Json]) -> _Look:
    counts, written = _read_standing(cast("Mapping[str, Json]", value["standing"]))
    touched = cast("Sequence[tuple[int, str, str]]", value["touched"])
    return _Look(
        horizon=int(cast("str", value["horizon"])),
        touched={oid: (schema, name) for oid, schema, name in touched},
        catalog=Catalog.from_json(cast("Mapping[str, Json]", value["catalog"])),
        counts=counts,
        written=written,
        surroundings=cast("Mapping[str, str]", value["surroundings"]),
    )


def _read_standing(value: Mapping[str, Json]) -> tuple[dict[str, int], Standing]:
    kinds = cast("Mapping[str, Mapping[str, Json]]", value)
    counts = {kind: cast("int", said["count"]) for kind, said in kinds.items()}
    pairs = {kind: cast("Sequence[tuple[int, int]]", said["written"]) for kind, said in kinds.items()}
    return counts, {kind: dict(each) for kind, each in pairs.items()}


def _parsed(value: Json) -> Mapping[str, Json]:
    return cast("Mapping[str, Json]", json.loads(value) if isinstance(value, str) else value)


def _byte_order(key: Key) -> tuple[bytes, ...]:
    """Return how the server sorts names."""
    return tuple(part.encode() for part in key)
