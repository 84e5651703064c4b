"""Write the grants and revokes that lead from what an object has when it is made to what it is to have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias, cast

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.remarks import in_this_database
from sbapply.catalog.kinds import Kind
from sbapply.catalog.whole import CatalogObject, Identity, Key, WholeCatalog
from sbapply.quoting import quote_identifier

_ALL = frozenset({"ALL"})
_OF_TABLES = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"})
"""What there is to be granted on a table but for MAINTAIN, which came with 17."""
MAKER = "postgres"
"""The role that builds: what it makes has its default privileges."""

_RELATIONS = ("table", "view", "materialized view", "foreign table")
_TYPES = ("type", "domain", "enum type", "enum", "composite type", "range type", "range", "base type")
_ROUTINES = ("function", "procedure", "aggregate")
_SORTS: Mapping[Kind, str] = {
    **dict.fromkeys(_RELATIONS, "tables"),
    **dict.fromkeys(_TYPES, "types"),
    **dict.fromkeys(_ROUTINES, "functions"),
    "sequence": "sequences",
    "schema": "schemas",
}
"""What ``alter default privileges`` calls the objects of a kind."""

_WORDS = {
    **dict.fromkeys(_RELATIONS, "table"),
    **dict.fromkeys(_TYPES, "type"),
    "aggregate": "routine",
    "foreign-data wrapper": "foreign data wrapper",
    "server": "foreign server",
}
_PUBLIC = {
    "functions": _ALL,
    "types": _ALL,
    "language": _ALL,
    "database": frozenset({"CONNECT", "TEMPORARY"}),
}
"""What everybody has of an object of which nothing is said (acldefault)."""

_PLATFORM_DEFAULTS = tuple(
    CatalogObject(
        "default privilege",
        (MAKER, "public", sort, role),
        {"privileges": ["ALL"], "grantable": [], "maintain": None},
        hints={"place": n},
    )
    for sort in ("tables", "functions", "sequences")
    for n, role in enumerate((MAKER, "anon", "authenticated", "service_role"))
)
_PLATFORM_USERS = tuple(
    CatalogObject(
        "privilege",
        ("schema", "public", role),
        {"privileges": ["USAGE"], "grantable": [], "maintain": None},
        hints={"place": n, "type": "schema", "identity": "public"},
    )
    for n, role in enumerate((MAKER, "anon", "authenticated", "service_role"))
)
"""What a project has before its first migration, for a build that does not know what it is built on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Say what one grantee has: ALL is everything there is in the server's version, NOT … what is missing of it."""

    grantee: str
    privileges: frozenset[str]
    grantable: frozenset[str] = frozenset()


Entries: TypeAlias = "list[Entry]"
_PUBLIC_SCHEMA: Identity = ("schema", ("public",))


def privilege_pieces(catalog: WholeCatalog, there: WholeCatalog | None) -> Iterator[tuple[Identity, Piece]]:
    """Yield the statements for all privileges of the project's own, defaults first.

    ``there`` is what it is built on. An object that is there has what it has; one that is made gets the default
    privileges of ``MAKER``, which are those of ``catalog`` by then.
    """
    yield from _defaults(catalog, there)
    defaults = _by_place(item for item in catalog.of("default privilege") if item.key[0] == MAKER)
    # Schemas are made before any default is changed.
    before_all = _by_place(item for item in there.of("default privilege") if item.key[0] == MAKER) if there else {}
    wanted = _by_target(catalog.of("privilege"))
    known = _by_target(_PLATFORM_USERS if there is None else there.of("privilege"))
    made = dict(_made_with(catalog))
    targets = dict.fromkeys([*wanted, *known, *made])
    # A REVOKE on a table takes what its columns were given along.
    for target in sorted(targets, key=lambda each: each[0] == "column"):
        item = made.get(target) or catalog.objects.get(target)
        rows, before = wanted.get(target, []), known.get(target, [])
        if item is not None and not item.own:
            rows, before = [row for row in rows if row.own], [row for row in before if row.own]
        elif item is None and not any(row.own for row in rows):
            continue
        kind, key = target
        owner = _owner(catalog, target, item)
        base = _base_of(catalog, target, owner)
        is_there = there is not None and (item.identity if item is not None else target) in there.objects
        if target == _PUBLIC_SCHEMA or kind not in _SORTS or is_there or (item is not None and not item.own):
            old, ordered = _entries(base, before), False
        else:
            schema = key[0] if len(key) > 1 else ""
            old, ordered = _made(defaults if schema else before_all, _SORTS[kind], schema, owner), True
        if old == (new := _entries(base, rows)):
            continue
        named = _named(target, next(iter(rows or before), None))
        column = quote_identifier(key[-1]) if kind == "column" else None
        for change in _transition(old, new, ordered=ordered):
            text = change.sql(named, column)
            piece = Piece(Phase.PRIVILEGES, in_this_database(text) if kind == "database" else text)
            yield ("privilege", (kind, *key, change.grantees[0])), piece


def _made_with(catalog: WholeCatalog) -> Iterator[tuple[Identity, CatalogObject]]:
    """Yield what a build makes that can be granted on, with the object whose statement makes it."""
    for item in catalog:
        if not item.own:
            continue
        if item.kind in _SORTS:
            yield item.identity, item
        elif item.kind == "column" and item.facts.get("identity_sequence"):
            sequence = cast("Mapping[str, str]", item.facts["identity_sequence"])
            yield ("sequence", (item.key[0], sequence["name"])), item


def _base_of(catalog: WholeCatalog, target: Identity, owner: str) -> Entries:
    """Return what there is on an object of which nothing is said."""
    kind, _ = target
    item = catalog.objects.get(target)
    if target == _PUBLIC_SCHEMA:
        return [Entry("public", frozenset({"USAGE"})), Entry(owner, _ALL)]
    if kind == "column" or (item is not None and not item.own and kind != "database"):
        return []
    return _base(_SORTS.get(kind, kind), owner)


def _defaults(catalog: WholeCatalog, there: WholeCatalog | None) -> Iterator[tuple[Identity, Piece]]:
    known = _PLATFORM_DEFAULTS if there is None else there.of("default privilege")
    wanted = _by_place(item for item in catalog.of("default privilege") if item.own)
    before = _by_place(item for item in known if item.own)
    for place in dict.fromkeys([*wanted, *before]):
        role, schema, sort = place
        if schema and ("schema", (schema,)) not in catalog.objects:
            continue
        base = [] if schema else _base(sort, role)
        old, new = _entries(base, before.get(place, [])), _entries(base, wanted.get(place, []))
        within = f" in schema {quote_identifier(schema)}" if schema else ""
        head = f"alter default privileges for role {quote_identifier(role)}{within} "
        for statement in _transition(old, new, ordered=place not in before):
            # Before any object: what is made from then on has them.
            piece = Piece(Phase.EXTENSIONS, head + statement.sql(sort, None))
            yield ("default privilege", (*place, statement.grantees[0])), piece


@dataclass(frozen=True, slots=True)
class _Change:
    """Grant ``privileges`` to the grantees, or ``revoke`` them; ``grantable`` is the option to grant them on."""

    grantees: tuple[str, ...]
    privileges: frozenset[str]
    revoke: bool = False
    grantable: bool = False

    def sql(self, named: str, column: str | None) -> str:
        what = ", ".join(name.lower() + (f" ({column})" if column else "") for name in sorted(self.privileges))
        who = ", ".join("public" if each == "public" else quote_identifier(each) for each in self.grantees)
        if self.revoke:
            return f"revoke {'grant option for ' if self.grantable else ''}{what} on {named} from {who}"
        return f"grant {what} on {named} to {who}" + (" with grant option" if self.grantable else "")


def _transition(old: Entries, new: Entries, *, ordered: bool) -> Iterator[_Change]:
    """Yield what leads from ``old`` to ``new``; with ``ordered`` also to the order in which they show."""
    kept: list[tuple[Entry, Entry]] = []
    if ordered:
        for entry in old:
            if len(kept) < len(new) and _stays(entry, new[len(kept)]):
                kept.append((entry, new[len(kept)]))
        comes = new[len(kept) :]
    else:
        kept = [(entry, wanted) for wanted in new for entry in old if _stays(entry, wanted)]
        comes = [entry for entry in new if not any(entry is wanted for _, wanted in kept)]
    staying = {entry.grantee for entry, _ in kept}
    if gone := tuple(entry.grantee for entry in old if entry.grantee not in staying):
        yield _Change(gone, _ALL, revoke=True)
    changed = [(wanted.grantee, _missing(wanted.privileges)) for entry, wanted in kept if entry != wanted]
    for missing, alike in groupby(changed, key=lambda each: each[1]):
        yield _Change(tuple(grantee for grantee, _ in alike), missing, revoke=True)
    for (privileges, grantable), entries in groupby(comes, key=lambda entry: (entry.privileges, entry.grantable)):
        yield from _granted(tuple(entry.grantee for entry in entries), privileges, grantable)


def _stays(entry: Entry, wanted: Entry) -> bool:
    """Say whether all that may have to be done is to revoke some of everything."""
    if entry == wanted:
        return True
    bare = not entry.grantable and not wanted.grantable
    return bare and entry.grantee == wanted.grantee and entry.privileges == _ALL <= wanted.privileges


def _granted(grantees: tuple[str, ...], privileges: frozenset[str], grantable: frozenset[str]) -> Iterator[_Change]:
    """Yield what gives these, and no others, to grantees that have nothing."""
    if plain := privileges - grantable:
        yield _Change(grantees, _ALL if "ALL" in plain else plain)
    if grantable:
        yield _Change(grantees, _ALL if "ALL" in grantable else grantable, grantable=True)
    if missing := _missing(privileges):
        yield _Change(grantees, missing, revoke=True)
    if missing := _missing(grantable) - _missing(privileges):
        yield _Change(grantees, missing, revoke=True, grantable=True)


def _missing(privileges: frozenset[str]) -> frozenset[str]:
    return frozenset(name.removeprefix("NOT ") for name in privileges if name.startswith("NOT "))


def _entries(base: Entries, rows: Iterable[CatalogObject]) -> Entries:
    """Return what there is: ``base``, but for the grantees of whom a row says otherwise, in the rows' order."""
    said = sorted(rows, key=lambda row: cast("int", row.hints["place"]))
    told = {row.key[-1] for row in said}
    entries = [entry for entry in base if entry.grantee not in told]
    entries += [_entry(row) for row in said]
    return [entry for entry in entries if entry.privileges]


def _entry(row: CatalogObject) -> Entry:
    """Return what a row says. With MAINTAIN (17) it is ALL and what is missing, which names it on no version."""
    privileges = frozenset(cast("list[str]", row.facts["privileges"]))
    grantable = frozenset(cast("list[str]", row.facts["grantable"]))
    maintain = row.facts["maintain"]
    if maintain == "none":
        return Entry(row.key[-1], _without(privileges), grantable)
    if maintain is not None or {"REFERENCES", "TRIGGER"} <= privileges:
        privileges = _all_but(privileges)
    if maintain == "grantable" or (maintain is None and {"REFERENCES", "TRIGGER"} <= grantable):
        grantable = _all_but(grantable)
    elif maintain == "granted":
        grantable = _without(grantable)
    return Entry(row.key[-1], privileges, grantable)


def _all_but(privileges: frozenset[str]) -> frozenset[str]:
    return privileges if "ALL" in privileges else _ALL | {f"NOT {name}" for name in _OF_TABLES - privileges}


def _without(privileges: frozenset[str]) -> frozenset[str]:
    return _OF_TABLES if "ALL" in privileges else privileges


def _base(sort: str, owner: str) -> Entries:
    everybody = [Entry("public", _PUBLIC[sort])] if sort in _PUBLIC else []
    return [*everybody, Entry(owner, _ALL)]


def _made(rows: Mapping[Key, list[CatalogObject]], sort: str, schema: str, owner: str) -> Entries:
    """Return what an object has that ``MAKER`` made, with these default privileges, and gave to ``owner``."""
    found = {entry.grantee: entry for entry in _entries(_base(sort, MAKER), rows.get((MAKER, "", sort), []))}
    for entry in _entries([], rows.get((MAKER, schema, sort), []) if schema else []):
        found[entry.grantee] = _both(found.get(entry.grantee, entry), entry)
    given: dict[str, Entry] = {}
    for entry in found.values():
        name = owner if entry.grantee == MAKER else entry.grantee
        renamed = Entry(name, entry.privileges, entry.grantable)
        given[name] = _both(given.get(name, renamed), renamed)
    return list(given.values())


def _both(one: Entry, other: Entry) -> Entry:
    return Entry(one.grantee, _union(one.privileges, other.privileges), _union(one.grantable, other.grantable))


def _union(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    if "ALL" in other:
        one, other = other, one
    if "ALL" not in one:
        return one | other
    missing = _missing(one) & _missing(other) if "ALL" in other else _missing(one) - other
    return _ALL | {f"NOT {name}" for name in missing}


def _by_target(items: Iterable[CatalogObject]) -> dict[Identity, list[CatalogObject]]:
    found: dict[Identity, list[CatalogObject]] = {}
    for item in items:
        found.setdefault((item.key[0], item.key[1:-1]), []).append(item)
    return found


def _by_place(items: Iterable[CatalogObject]) -> dict[Key, list[CatalogObject]]:
    found: dict[Key, list[CatalogObject]] = {}
    for item in items:
        found.setdefault(item.key[:-1], []).append(item)
    return found


def _owner(catalog: WholeCatalog, target: Identity, made_with: CatalogObject | None = None) -> str:
    kind, key = target
    item = made_with or catalog.objects.get(target)
    # A sequence of a column is the table's owner's.
    if kind == "sequence" and item is not None and item.kind == "column":
        kind, key = "table", item.key[:2]
    elif kind == "sequence" and item is not None and item.facts.get("owned_by"):
        kind, key = "table", tuple(cast("list[str]", item.facts["owned_by"]))[:2]
    said = catalog.objects.get(("owner", (kind, *key)))
    if said is not None:
        return str(said.facts["owner"])
    return "pg_database_owner" if target == _PUBLIC_SCHEMA else MAKER


def _named(target: Identity, row: CatalogObject | None) -> str:
    """Return what is granted on as SQL says it."""
    kind, key = target
    if kind == "database":
        return "database %I"
    if row is not None and "type" in row.hints:
        word = str(row.hints["type"])
        return f"{_WORDS.get(word, word)} {row.hints['identity']}"
    names = ".".join(map(quote_identifier, key[:2]))
    word = "table" if kind == "column" else _WORDS.get(kind, kind)
    return f"{word} {names}" + (f"({key[2]})" if kind in _ROUTINES else "")


def _nothing(_item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    return []


PRIVILEGES: Writers = {"privilege": _nothing, "default privilege": _nothing}
"""Both are written all at once: what is to be said of one depends on what others are, and were."""
