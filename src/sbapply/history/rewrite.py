"""Say how rows of the history are to change while the schema stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sbapply.history.digest import digest_of_texts
from sbapply.history.progress import CARRIED, UnitRow
from sbapply.history.state import HistoryRow, RemoteState

_NO_TEXT = digest_of_texts(())


@dataclass(frozen=True, slots=True)
class Put:
    """Write the row of a version, over the one that is there if one is; ``statements`` None holds no text."""

    version: str
    name: str | None
    statements: tuple[str, ...] | None

    @property
    def row(self) -> HistoryRow:
        """Return the row as it is to be."""
        return HistoryRow(
            self.version, self.name, None if self.statements is None else digest_of_texts(self.statements)
        )


@dataclass(frozen=True, slots=True)
class Take:
    """Take the row of a version away, or where there is none the traces of its parts."""

    version: str


@dataclass(frozen=True, slots=True)
class Relabel:
    """Give a row another version and name; its text and what other tools keep in it stay."""

    version: str
    to: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Forget:
    """Take away the traces of parts of a version that is in the history; its row stays as it is."""

    version: str


Change = Put | Take | Relabel | Forget


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Hold changes of rows that are made in one transaction, on the history that ``state`` read, or not at all.

    No version is named twice but as the one end of a relabelling and the other end of another. Traces of parts
    (``supabase_migrations.sbapply_units``) of every version that is named go with it: where there is a row they say
    nothing any more, and where there is none somebody wants them gone.
    """

    state: RemoteState
    changes: tuple[Change, ...]
    _before: Mapping[str, HistoryRow] = field(init=False)

    def __post_init__(self) -> None:
        before = {row.version: row for row in self.state.rows}
        object.__setattr__(self, "_before", before)
        parts = {unit.version for unit in self.state.units}
        for change in self.changes:
            known = change.version in before or (isinstance(change, Take) and change.version in parts)
            if not known and not isinstance(change, Put):
                raise ValueError(f"version {change.version} is not in the history")

    @property
    def touched(self) -> tuple[str, ...]:
        """Return every version that is named: what is in the history of it, before or after, is changed."""
        named = (
            name
            for change in self.changes
            for name in ((change.version, change.to) if isinstance(change, Relabel) else (change.version,))
        )
        return tuple(dict.fromkeys(named))

    @property
    def units(self) -> tuple[UnitRow, ...]:
        """Return the traces of parts that go with the rows."""
        touched = frozenset(self.touched)
        return tuple(unit for unit in self.state.units if unit.version in touched)

    @property
    def claims(self) -> tuple[UnitRow, ...]:
        """Return those of them that are claims of statements which nobody has finished or given up."""
        return tuple(unit for unit in self.units if unit.unit > CARRIED and not unit.finished)

    def after(self) -> tuple[HistoryRow, ...]:
        """Return all rows as they are to be afterwards, in order."""
        rows = dict(self._before)
        for change in self.changes:
            if isinstance(change, Take | Relabel):
                rows.pop(change.version, None)
        for change in self.changes:
            if isinstance(change, Put):
                rows[change.version] = change.row
            elif isinstance(change, Relabel):
                rows[change.to] = HistoryRow(change.to, change.name, self._before[change.version].digest)
        return tuple(sorted(rows.values(), key=lambda row: row.version.encode()))

    def is_done(self, told: Mapping[str, str], units: Iterable[UnitRow]) -> bool:
        """Tell whether the touched rows are as they are to be, and the traces of parts gone.

        ``told`` is what ``told_of`` says of each row that is there, ``units`` are the traces that are.
        """
        gone = {unit.version for unit in units}.isdisjoint(self.touched)
        return gone and self._are_told(told, self.after())

    def is_untouched(self, told: Mapping[str, str], units: Iterable[UnitRow]) -> bool:
        """Tell whether the touched rows and their traces of parts are as they were read; see ``is_done``."""

        def texts(rows: Iterable[UnitRow]) -> set[tuple[str, str]]:
            return {(unit.version, unit.as_text()) for unit in rows if unit.version in self.touched}

        return texts(units) == texts(self.state.units) and self._are_told(told, self.state.rows)

    def _are_told(self, told: Mapping[str, str], rows: Iterable[HistoryRow]) -> bool:
        expected = {row.version: told_of(row) for row in rows}
        return all(told.get(version) == expected.get(version) for version in self.touched)


def told_of(row: HistoryRow) -> str:
    """Return what the settling question says of a row (``apply/clauses.py``, ``present_in_history``)."""
    text = f"{_NO_TEXT}:" if row.digest is None else f"{row.digest}:text"
    return text if row.name is None else f"{text}:{row.name}"


def digest_of_rows(rows: Iterable[HistoryRow]) -> str:
    """Return the digest of a whole history: versions, names and texts (``apply/sql/rewrite_head.sql``)."""
    ordered: Sequence[HistoryRow] = sorted(rows, key=lambda row: row.version.encode())
    return digest_of_texts(part for row in ordered for part in (row.version, row.name or "", row.digest or ""))
