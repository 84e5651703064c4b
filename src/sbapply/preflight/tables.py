"""Follow what the pending statements make of the project's tables, as far as rows are concerned.

A table is asked under the name that it has today, and seen as the statements so far leave it: columns renamed,
added and dropped, and rows as plain UPDATEs and DELETEs change them. Each of these is a *step*, which
``sql/ask.sql`` turns into one layer of a subquery.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sbapply.database import Json
from sbapply.preflight.here import Here
from sbapply.preflight.trees import Name

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint, RangeVar

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one thing that a statement makes of a table: what the server is told, and the columns it reads."""

    told: dict[str, Json]
    writes: frozenset[str] = frozenset()
    reads: tuple[str, ...] | None = ()
    functions: frozenset[Name] = frozenset()
    unaskable: str = ""


@dataclass(slots=True)
class Table:
    """Hold a table as the statements so far leave it.

    ``today`` is what a name of today is looked up with, None where the push makes the table; ``perhaps`` says that
    it may not be there today. ``filled`` are added columns that the server fills with numbers of a sequence;
    ``unvalidated`` are constraints added NOT VALID; ``indexes`` are the unique indexes made, with their columns;
    ``partitioned`` tells how a table that the push makes is partitioned.
    """

    name: str
    schema: str
    today: dict[str, Json] | None
    perhaps: bool = False
    shown: str = ""
    steps: list[Step] = field(default_factory=list)
    changes: list[Here] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    unvalidated: dict[str, "Constraint"] = field(default_factory=dict)
    indexes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    primary_key: tuple[str, ...] | None = None
    partitioned: dict[str, Json] | None = None

    @property
    def plain_name(self) -> str:
        """Return the table's name for people."""
        return self.shown or self.name

    def add_step(self, step: Step) -> None:
        """Take up what a statement makes of the table; nothing of a table that the push makes."""
        if self.today is not None:
            self.steps.append(step)

    def rename(self, old: str, new: str) -> None:
        """Take up that a column has another name from here on."""
        self.add_step(Step({"do": "rename", "from": old, "to": new}, frozenset({old, new}), (old,)))
        self.dropped.discard(new)
        if old in self.filled:
            self.filled = (self.filled - {old}) | {new}
        if self.primary_key is not None:
            self.primary_key = tuple(new if each == old else each for each in self.primary_key)

    def drop(self, column: str) -> None:
        """Take up that a column is gone."""
        self.dropped.add(column)
        self.add_step(Step({"do": "drop", "column": column}, frozenset({column})))

    def needed(self, columns: Iterable[str] | None) -> list[Step]:
        """Return the steps that have a part in what these columns hold; all of them for None."""
        wanted: set[str] | None = set(columns) if columns is not None else None
        kept: list[Step] = []
        for step in reversed(self.steps):
            if step.writes and wanted is not None and not wanted & step.writes:
                continue
            kept.append(step)
            wanted = None if wanted is None or step.reads is None else wanted | set(step.reads)
        return kept[::-1]

    def source(self, steps: Iterable[Step]) -> dict[str, Json]:
        """Return the table as the server is told of it."""
        today = self.today or {}
        told: list[Json] = [dict(step.told) for step in steps]
        return {**today, "perhaps": self.perhaps, "alias": self.name, "steps": told}


@dataclass(slots=True)
class Tables:
    """Hold every table that the statements so far have named, by the schema and name that it has by now.

    ``path`` is the search_path that the file set, None for the project's own. ``schemas`` gives the name of today
    of those that were renamed; ``gone`` are those that were dropped.
    """

    path: str | None = None
    known: dict[Key, Table] = field(default_factory=dict)
    schemas: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def find(self, relation: "RangeVar") -> Table:
        """Return the table that a name means by now; it stands on the project if nothing else is known of it."""
        key = self.key_of(relation.schemaname, relation.relname)
        if key not in self.known:
            schema = self.schemas.get(relation.schemaname, relation.schemaname) or None
            today: dict[str, Json] = {"schema": schema, "name": relation.relname, "path": self.path}
            self.known[key] = Table(
                relation.relname,
                key[0],
                None if key[0] in self.gone else today,
                shown=f"{relation.schemaname}.{relation.relname}" if relation.schemaname else relation.relname,
            )
        return self.known[key]

    def make(self, relation: "RangeVar", *, conditional: bool = False) -> Table:
        """Take up that a statement makes a table; ``conditional`` if it may stand already."""
        key = self.key_of(relation.schemaname, relation.relname)
        if conditional:
            table = self.find(relation)
            table.perhaps = True
            return table
        self.known[key] = Table(relation.relname, key[0], None)
        return self.known[key]

    def forget(self, schema: str | None, name: str) -> None:
        """Take up that a table is gone: whatever has its name next is another one."""
        key = self.key_of(schema, name)
        self.known[key] = Table(name, key[0], None)

    def move(self, relation: "RangeVar", *, schema: str | None = None, name: str | None = None) -> None:
        """Take up that a table has another name or schema from here on."""
        table = self.find(relation)
        self.forget(relation.schemaname, relation.relname)
        table.name, table.schema = name or table.name, schema or table.schema
        self.known[table.schema, table.name] = table

    def rename_schema(self, old: str, new: str) -> None:
        """Take up that a schema has another name from here on."""
        self.schemas[new] = self.schemas.pop(old, old)
        for key in [key for key in self.known if key[0] == old]:
            table = self.known.pop(key)
            table.schema = new
            self.known[new, key[1]] = table

    def drop_schema(self, schema: str) -> None:
        """Take up that a schema is gone, with everything in it."""
        self.gone.add(schema)
        for key in [key for key in self.known if key[0] == schema]:
            self.forget(*key)

    def key_of(self, schema: str | None, name: str) -> Key:
        """Return the schema and name that a name means; the first schema of the path where it has none."""
        return (schema or self._first_schema(), name)

    def _first_schema(self) -> str:
        for each in (self.path or "").split(","):
            name = each.strip().strip('"')
            if name and name != "$user":
                return name
        return "public"
