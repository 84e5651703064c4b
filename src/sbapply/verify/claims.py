"""Say what migrations claim: facts of the rehearsal that the project has to show as well."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from sbapply.catalog.diff import Change
from sbapply.catalog.model import Column, Constraint, Key, Table
from sbapply.catalog.names import dotted, named
from sbapply.database import Database, Json
from sbapply.verify.facts import Fact, Named, read_facts
from sbapply.verify.queries import CHECK_REFUSES, NOT_NULL_REFUSES, WHOLE_KINDS

ClaimKind: TypeAlias = str
"""A kind of ``FACT_FILES``, ``probe``, or a kind of the whole catalog that is no part of a table."""

REFUSALS: Mapping[str, str] = {"c": CHECK_REFUSES, "p": "23505", "u": "23505", "f": "23503", "x": "23P01"}
"""The SQLSTATE that a wrong write has to meet, by the type of the constraint."""

NOT_NULL = "NOT NULL"
"""What ends the key of a column's probe: a constraint may have the column's name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """State one fact that holds once ``version`` is applied.

    ``object`` is for reading, ``kind`` and ``key`` identify it; ``expected`` is None for an object that must be
    absent. ``counts_rows`` marks a column that was added to a table which was there before.
    """

    version: str
    object: str
    kind: ClaimKind
    key: Key
    expected: Json
    counts_rows: bool = False

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {
            "version": self.version,
            "object": self.object,
            "kind": self.kind,
            "key": list(self.key),
            "expected": self.expected,
            "counts_rows": self.counts_rows,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Claim":
        """Read what ``to_json`` wrote. Raises KeyError if a field is missing."""
        return cls(
            version=str(value["version"]),
            object=str(value["object"]),
            kind=str(value["kind"]),
            key=tuple(cast("list[str]", value["key"])),
            expected=value["expected"],
            counts_rows=bool(value["counts_rows"]),
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """Name one object that ``version`` made, changed or, where ``gone``, took away.

    ``counts_rows`` marks a column that it added to a table which was there before; ``refusal`` is the SQLSTATE that
    a probe has to meet.
    """

    version: str
    kind: ClaimKind
    key: Key
    gone: bool = False
    counts_rows: bool = False
    refusal: str = ""

    @property
    def object(self) -> str:
        """Return the object's name for a reader."""
        return named(self.kind, self.key) if self.kind in WHOLE_KINDS else readable(self.kind, self.key)

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name but the version, and the object's name."""
        return {"object": self.object, "kind": self.kind, "key": list(self.key), "gone": self.gone}


def traces_of(version: str, changes: Sequence[Change]) -> tuple[Trace, ...]:
    """Return what the migration ``version`` will have a claim about, given what it changed in the rehearsal."""
    dropped = {change.key for change in changes if change.kind == "table" and change.action == "removed"}
    told = [change for change in changes if change.kind == "table" or change.key[:2] not in dropped]
    gone = {(change.kind, change.key) for change in told if change.action == "removed"}
    grown = {change.key for change in told if _adds_column(change)}
    named = dict.fromkeys(name for change in told for name in _named(change))
    return (
        *(Trace(version, kind, key, (kind, key) in gone, kind == "column" and key in grown) for kind, key in named),
        *_probes(version, told),
    )


def supersede(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return what still stands when all have been applied in this order.

    A later one of the same object and kind replaces an earlier one; a table that is gone takes everything of it
    along, and a constraint or column that is gone or another one takes its probe.
    """
    standing: dict[Named, Trace] = {}
    of_table: dict[Key, list[Named]] = {}
    for trace in traces:
        name, table = (trace.kind, trace.key), trace.key[:2]
        if trace.kind == "table" and trace.gone:
            for other in of_table.pop(table, ()):
                standing.pop(other, None)
        if trace.kind in {"constraint", "column"}:
            standing.pop(("probe", _probe_key(trace.kind, trace.key)), None)
        earlier = standing.pop(name, None)
        counts = trace.counts_rows or (earlier is not None and earlier.counts_rows and not trace.gone)
        standing[name] = replace(trace, counts_rows=counts)
        of_table.setdefault(table, []).append(name)
    return tuple(standing.values())


def claims_about(traces: Sequence[Trace], database: Database, *, patience: float = 20.0) -> tuple[Claim, ...]:
    """Return what is claimed of ``traces``, of which none supersedes another.

    ``database`` is the rehearsal's after the last migration: the expected facts are read there with the files that
    will read the project, in a session as ``read_facts`` wants it; a few requests. Read-only. Raises what
    ``read_facts`` does.
    """
    told = [(each.kind, each.key) for each in traces if each.kind != "probe"]
    facts = read_facts(database, told, patience=patience)
    return tuple(
        Claim(each.version, each.object, each.kind, each.key, _expected(each, facts), each.counts_rows)
        for each in traces
    )


def _expected(trace: Trace, facts: Mapping[Named, Fact]) -> Json:
    # What is gone is asked for as well: a table that was given to an extension is only out of sight.
    return {"sqlstate": trace.refusal} if trace.kind == "probe" else facts[trace.kind, trace.key].value


def readable(kind: str, key: Key) -> str:
    """Return the object's name for a reader; parts that are not plain names are quoted."""
    if kind == "probe" and key[3:]:
        return f"{dotted(key[:3])} ({key[3]} probe)"
    return dotted(key) + {"probe": " (probe)", "row_security": " (row security)"}.get(kind, "")


def _named(change: Change) -> list[tuple[ClaimKind, Key]]:
    """Return which facts a change is about: row security is a fact of its own."""
    if change.kind != "table":
        return [(change.kind, change.key)]
    before = cast("Table | None", change.before)
    after = cast("Table | None", change.after)
    named: list[tuple[ClaimKind, Key]] = []
    if before is None or after is None or _apart_from_row_security(before) != _apart_from_row_security(after):
        named.append(("table", change.key))
    if after is not None and after.kind in {"table", "partitioned table"} and _row_security_moved(before, after):
        named.append(("row_security", change.key))
    return named


def _apart_from_row_security(table: Table) -> Table:
    return replace(table, rls_enabled=False, rls_forced=False)


def _row_security_moved(before: Table | None, after: Table) -> bool:
    if before is None:
        return True
    return (before.rls_enabled, before.rls_forced) != (after.rls_enabled, after.rls_forced)


def _adds_column(change: Change) -> bool:
    return change.kind == "column" and change.action == "added" and change.table_was_there


def refusal_of(claim: Claim) -> str:
    """Return the SQLSTATE that the write of a probe has to meet, empty for another claim."""
    if claim.kind != "probe" or not isinstance(claim.expected, dict):
        return ""
    return str(claim.expected["sqlstate"])


def _probe_key(kind: ClaimKind, key: Key) -> Key:
    return (*key, NOT_NULL) if kind == "column" else key


def _probes(version: str, changes: Sequence[Change]) -> Iterator[Trace]:
    """Yield a probe of every constraint that came or changed and of every column that allows no NULL.

    What is inherited is probed at the parent.
    """
    partitions = {
        change.key
        for change in changes
        if isinstance(change.after, Table) and change.after.partition_of is not None
    }
    for change in changes:
        after = change.after
        if isinstance(after, Constraint) and after.type in REFUSALS and not after.inherited:
            yield Trace(version, "probe", change.key, refusal=REFUSALS[after.type])
        elif isinstance(after, Column) and after.not_null and change.key[:2] not in partitions:
            yield Trace(version, "probe", _probe_key("column", change.key), refusal=NOT_NULL_REFUSES)
