"""Read what a project's history holds, in one request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sbapply.database import Clock, Database, Json, Row, ask, shaped
from sbapply.errors import ConfigurationError, ReadFailed
from sbapply.history.progress import Progress, UnitRow
from sbapply.quoting import quote_literal
from sbapply.templates import fill, load_sql

HISTORY_COLUMNS = ("version", "statements", "name")
_FACTS = frozenset(
    {
        *("history", "units", "has_schema", "has_table", "has_units", "has_pieces", "columns"),
        *("server_version", "standard_conforming_strings", "role", "server_time"),
    }
)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """Hold one row of ``supabase_migrations.schema_migrations``.

    ``digest`` is that of its statements (``history.digest``); None where the row holds no text.
    """

    version: str
    name: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class RemoteState:
    """Hold the history and the server facts that a push depends on, as one request found them.

    ``server_time`` is the server's clock in seconds since 1970, and ``read_at`` ours (monotonic) when the answer
    had come; ``latency`` is how long that took, in seconds.
    """

    rows: tuple[HistoryRow, ...]
    has_schema: bool
    has_table: bool
    columns: tuple[str, ...]
    server_version: int
    role: str
    server_time: float
    read_at: float
    latency: float
    units: tuple[UnitRow, ...] = ()
    has_units: bool = False
    has_pieces: bool = False

    @property
    def versions(self) -> tuple[str, ...]:
        """Return the versions in the history."""
        return tuple(row.version for row in self.rows)

    @property
    def traced(self) -> tuple[str, ...]:
        """Return the versions in the history that traces of parts are left of: they got their rows elsewhere."""
        there = set(self.versions) if self.units else set()
        return tuple(dict.fromkeys(unit.version for unit in self.units if unit.version in there))

    def without_traces(self, versions: Iterable[str]) -> "RemoteState":
        """Return this state after the traces of parts of ``versions`` were taken away."""
        gone = frozenset(versions)
        return replace(self, units=tuple(unit for unit in self.units if unit.version not in gone))

    def with_row(self, row: HistoryRow) -> "RemoteState":
        """Return this state after one more row was committed, which needed the whole table."""
        return replace(
            self,
            rows=(*self.rows, row),
            has_schema=True,
            has_table=True,
            columns=(*self.columns, *self.missing_columns),
            units=tuple(unit for unit in self.units if unit.version != row.version),
        )

    def with_progress(self, version: str, progress: Progress) -> "RemoteState":
        """Return this state after a version got on, which needed the side table."""
        others = [unit for unit in self.units if unit.version != version]
        made = self.with_tables(units=True)
        return replace(made, units=(*others, *progress.rows))

    def with_tables(self, *, units: bool = False, pieces: bool = False) -> "RemoteState":
        """Return this state after the history table was made whole, and the side tables with it."""
        return replace(
            self,
            has_schema=True,
            has_table=True,
            columns=(*self.columns, *self.missing_columns),
            has_units=self.has_units or units,
            has_pieces=self.has_pieces or pieces,
        )

    @property
    def missing_columns(self) -> tuple[str, ...]:
        """Return the columns of the contract that the table lacks."""
        return tuple(column for column in HISTORY_COLUMNS if column not in self.columns)


def read_state(database: Database, *, patience: float, clock: Clock | None = None) -> RemoteState:
    """Read the history and the server's facts. Read-only, one request.

    Raises ``ReadFailed``, ``SqlError`` or ``NotSent``; ``ConfigurationError`` where the role's sessions start with
    ``standard_conforming_strings`` off, because the server would then read the text of files otherwise than the
    parser that split them.
    """
    clock = clock or Clock()
    asked_at = clock.monotonic()
    sql = fill(load_sql("sbapply.history", "read.sql"), select=load_sql("sbapply.history", "state.sql").rstrip())
    rows = ask(database, sql, patience=patience, clock=clock)
    return state_of(rows, asked_at=asked_at, read_at=clock.monotonic())


def kept_state_sql() -> str:
    """Return what reads the state into the session's setting ``sbapply.state``, for a request that asks more."""
    select = fill(load_sql("sbapply.history", "kept.sql"), state=load_sql("sbapply.history", "state.sql").rstrip())
    return fill(load_sql("sbapply.history", "read.sql"), select=select.rstrip())


def state_of(rows: Sequence[Row], *, asked_at: float, read_at: float) -> RemoteState:
    """Read the answer to the question for the state; raises what ``read_state`` does for one that is no state.

    The times are those before and after the request, on the caller's monotonic clock.
    """
    row = _single(rows)
    if row["standard_conforming_strings"] != "on":
        raise ConfigurationError(
            "The database's sessions start with standard_conforming_strings off: SQL would be read otherwise.",
            "Switch it on: alter role postgres set standard_conforming_strings = on;",
        )
    with shaped("the history"):
        return RemoteState(
            rows=tuple(_history_row(entry) for entry in _list(row["history"])),
            has_schema=row["has_schema"] is True,
            has_table=row["has_table"] is True,
            columns=tuple(str(column) for column in _list(row["columns"])),
            server_version=int(str(row["server_version"])),
            role=str(row["role"]),
            server_time=float(str(row["server_time"])),
            read_at=read_at,
            latency=read_at - asked_at,
            units=tuple(_unit_row(entry) for entry in _list(row["units"])),
            has_units=row["has_units"] is True,
            has_pieces=row["has_pieces"] is True,
        )


def read_stored_texts(
    database: Database, versions: Iterable[str], *, patience: float, clock: Clock | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the stored statements of ``versions``. Read-only, one request. Raises as ``read_state``."""
    listed = ", ".join(quote_literal(version) for version in versions)
    sql = fill(load_sql("sbapply.history", "stored.sql"), versions=listed)
    rows = ask(database, sql, patience=patience, clock=clock)
    with shaped("the stored texts"):
        # An element may be null; the digest passes over it too.
        return {
            str(row["version"]): tuple(str(text) for text in _list(row["statements"]) if text is not None)
            for row in rows
        }


def _single(rows: Sequence[Row]) -> Row:
    if len(rows) != 1 or not rows[0].keys() >= _FACTS:
        raise ReadFailed(
            "The history could not be read: the answer has another shape.", "Run the same command again."
        )
    return rows[0]


def _history_row(entry: Json) -> HistoryRow:
    if not isinstance(entry, dict):
        raise ReadFailed("The history could not be read: a row has another shape.", "Run the same command again.")
    name, digest = entry.get("name"), entry.get("digest")
    return HistoryRow(
        str(entry["version"]), None if name is None else str(name), None if digest is None else str(digest)
    )


def _unit_row(entry: Json) -> UnitRow:
    if not isinstance(entry, dict):
        raise ReadFailed("The history could not be read: a row has another shape.", "Run the same command again.")
    return UnitRow.of(entry)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
