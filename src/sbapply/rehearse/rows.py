"""Read the rows that migrations leave, and write them as statements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, cast

from sbapply.database import Database, ask
from sbapply.quoting import quote_identifier, quote_literal
from sbapply.templates import fill, load_sql

T = TypeVar("T")
Name: TypeAlias = "tuple[str, str]"

_PATIENCE = 120.0
_AT_ONCE = 200
_INSERT = "insert into {table} ({columns}) overriding system value values"
# The catalog holds them as objects: with what is told of them here (times, numbers) no two replays are equal.
_CONFIGURATION = frozenset({("storage", "buckets"), ("cron", "job"), ("cron", "job_run_details"), ("pgmq", "meta")})


@dataclass(frozen=True, slots=True)
class TableRows:
    """Hold how many rows a table or a materialized view has, and the digest of what they are."""

    name: Name
    kind: str
    columns: tuple[str, ...]
    count: int
    digest: str

    @property
    def quoted(self) -> str:
        """Return its name as SQL has it."""
        return ".".join(map(quote_identifier, self.name))


@dataclass(frozen=True, slots=True)
class Rows:
    """Hold everything that has rows, in the order in which it was made, and where sequences stand."""

    tables: tuple[TableRows, ...]
    sequences: Mapping[Name, str]

    def beyond(self, other: "Rows") -> tuple[TableRows, ...]:
        """Return the tables that have rows here which they have not in ``other``."""
        there = {table.name: table.digest for table in other.tables}
        return tuple(table for table in self.tables if there.get(table.name) != table.digest)


def read_rows(database: Database) -> Rows:
    """Count and digest the rows of every table but those of the history. Read-only; needs to see every row."""
    listed = ask(database, load_sql("sbapply.rehearse", "tables_with_rows.sql"), patience=_PATIENCE)
    found = [
        TableRows(name, str(row["kind"]), tuple(cast("Sequence[str]", row["columns"] or ())), 0, "")
        for row in listed
        if (name := (str(row["schema"]), str(row["name"]))) not in _CONFIGURATION
    ]
    tables = tuple(table for part in _parts(found) for table in _counted(database, part) if table.count)
    positions = ask(database, load_sql("sbapply.rehearse", "sequences.sql"), patience=_PATIENCE)
    return Rows(tables, {(str(row["schema"]), str(row["name"])): str(row["value"]) for row in positions})


def _counted(database: Database, tables: Sequence[TableRows]) -> Iterator[TableRows]:
    one = load_sql("sbapply.rehearse", "count_rows_of.sql").strip()
    selects = "\nunion all\n".join(
        fill(one, number=str(number), table=table.quoted) for number, table in enumerate(tables)
    )
    sql = fill(load_sql("sbapply.rehearse", "count_rows.sql"), selects=selects)
    counted = {row["number"]: row for row in ask(database, sql, patience=_PATIENCE)}
    for number, table in enumerate(tables):
        count, digest = counted[number]["count"], counted[number]["digest"]
        yield TableRows(table.name, table.kind, table.columns, int(str(count)), str(digest))


def rows_as_statements(database: Database, before: Rows, after: Rows) -> tuple[str, ...]:
    """Return the statements that put into tables without rows what came into them between the two readings.

    Triggers do not fire and foreign keys are not looked at meanwhile, as in a restore. What the platform had rows
    in before, and what its keys encrypt, is left out. Sequences are set to where they stand; materialized views are
    filled last.
    """
    filled = {table.name for table in before.tables}
    changed = [table for table in after.beyond(before) if table.name[0] != "vault"]
    inserts = [
        sql
        for table in changed
        if table.kind == "r" and table.name not in filled
        for sql in _inserts(database, table)
    ]
    moved = [
        f"select pg_catalog.setval({quote_literal('.'.join(map(quote_identifier, name)))}, {value})"
        for name, value in after.sequences.items()
        if before.sequences.get(name) != value
    ]
    views = [f"refresh materialized view {table.quoted}" for table in changed if table.kind == "m"]
    if inserts:
        inserts = ["set local session_replication_role = replica", *inserts]
        inserts.append("set local session_replication_role = origin")
    return (*inserts, *moved, *views)


def _inserts(database: Database, table: TableRows) -> Iterator[str]:
    if not table.columns:
        yield from [fill("insert into {table} default values", table=table.quoted)] * table.count
        return
    names = [quote_identifier(column) for column in table.columns]
    # A function takes 100 arguments at most, an operator any number of times.
    values = " || ', ' || ".join(f"pg_catalog.quote_nullable(t.{name}::text)" for name in names)
    sql = fill(load_sql("sbapply.rehearse", "dump_rows.sql"), values=values, table=table.quoted)
    rows = [str(row["row"]) for row in ask(database, sql, patience=_PATIENCE)]
    head = fill(_INSERT, table=table.quoted, columns=", ".join(names))
    for part in _parts(rows):
        yield head + ",".join(f"\n  ({row})" for row in part)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[at : at + _AT_ONCE] for at in range(0, len(items), _AT_ONCE))
