"""Hold what a catalog says as values: tables, columns, constraints, indexes and policies."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal, Self, TypeAlias, cast

from sbapply.database import Json

Key: TypeAlias = "tuple[str, ...]"
ObjectKind: TypeAlias = Literal["table", "column", "constraint", "index", "policy"]


@dataclass(frozen=True, slots=True)
class _Described:
    """Give every description its way to JSON and back; not a thing of its own."""

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name; tuples become lists."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Self:
        """Read what ``to_json`` or ``snapshot.sql`` wrote. Raises KeyError if a field is missing."""
        read = {field.name: value[field.name] for field in fields(cls)}
        return cls(**{name: tuple(item) if isinstance(item, list) else item for name, item in read.items()})


@dataclass(frozen=True, slots=True)
class Table(_Described):
    """Describe a table, partitioned or foreign table, view or materialized view.

    ``partition_of``, ``partition_bound`` and ``partition_key`` are as the server deparses them, or None.
    """

    schema: str
    name: str
    kind: str
    unlogged: bool
    partition_of: str | None
    partition_bound: str | None
    partition_key: str | None
    rls_enabled: bool
    rls_forced: bool

    @property
    def key(self) -> Key:
        """Return what identifies it: schema and name."""
        return (self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Column(_Described):
    """Describe a column.

    ``type`` is ``format_type`` under an empty search_path; ``identity`` is '', 'a' or 'd' and ``generated`` '',
    's' or 'v', as in ``pg_attribute``; ``collation`` is None where it is the type's own.
    """

    schema: str
    table: str
    name: str
    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: str
    generation: str | None
    collation: str | None

    @property
    def key(self) -> Key:
        """Return what identifies it: schema, table and name."""
        return (self.schema, self.table, self.name)


@dataclass(frozen=True, slots=True)
class Constraint(_Described):
    """Describe a constraint: ``type`` is c, p, u, x or f, as in ``pg_constraint``; NOT NULL is the column's."""

    schema: str
    table: str
    name: str
    type: str
    definition: str
    validated: bool
    inherited: bool
    columns: tuple[str, ...]

    @property
    def key(self) -> Key:
        """Return what identifies it: schema, table and name."""
        return (self.schema, self.table, self.name)


@dataclass(frozen=True, slots=True)
class Index(_Described):
    """Describe an index that backs no constraint."""

    schema: str
    table: str
    name: str
    definition: str
    valid: bool
    unique: bool

    @property
    def key(self) -> Key:
        """Return what identifies it: schema, table and name."""
        return (self.schema, self.table, self.name)


@dataclass(frozen=True, slots=True)
class Policy(_Described):
    """Describe a row security policy; ``roles`` is sorted and ``public`` stands for everybody."""

    schema: str
    table: str
    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: str | None
    check: str | None

    @property
    def key(self) -> Key:
        """Return what identifies it: schema, table and name."""
        return (self.schema, self.table, self.name)


CatalogObject: TypeAlias = Table | Column | Constraint | Index | Policy

_KINDS: Mapping[str, tuple[ObjectKind, type[Table | Column | Constraint | Index | Policy]]] = {
    "tables": ("table", Table),
    "columns": ("column", Column),
    "constraints": ("constraint", Constraint),
    "indexes": ("index", Index),
    "policies": ("policy", Policy),
}


@dataclass(frozen=True, slots=True)
class Catalog:
    """Hold everything one snapshot saw, each kind sorted by its key (columns by their place in the table)."""

    tables: tuple[Table, ...] = ()
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    policies: tuple[Policy, ...] = ()

    def objects(self) -> Iterator[tuple[ObjectKind, CatalogObject]]:
        """Yield every object with its kind, tables first."""
        for name, (kind, _) in _KINDS.items():
            for item in cast("tuple[CatalogObject, ...]", getattr(self, name)):
                yield kind, item

    @classmethod
    def gather(cls, described: Iterable[tuple[ObjectKind, CatalogObject]]) -> "Catalog":
        """Make a catalog of objects with their kinds; each kind keeps the order in which they come."""
        kinds: dict[ObjectKind, list[CatalogObject]] = {kind: [] for kind, _ in _KINDS.values()}
        for kind, item in described:
            kinds[kind].append(item)
        return cls(**{name: tuple(kinds[kind]) for name, (kind, _) in _KINDS.items()})  # type: ignore[arg-type]

    def to_json(self) -> dict[str, Json]:
        """Return a list of objects a kind."""
        return {
            name: [item.to_json() for item in cast("tuple[CatalogObject, ...]", getattr(self, name))]
            for name in _KINDS
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Catalog":
        """Read what ``to_json`` or ``snapshot.sql`` wrote. Raises KeyError if a kind or a field is missing."""
        return cls(
            **{
                name: tuple(described.from_json(item) for item in cast("list[dict[str, Json]]", value[name]))
                for name, (_, described) in _KINDS.items()
            }  # type: ignore[arg-type]
        )
