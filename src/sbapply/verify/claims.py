"""Say what migrations claim: facts of the rehearsal that the project has to show as well."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

from sbapply.catalog.diff import Change
from sbapply.catalog.model import Constraint, Key, Table
from sbapply.database import Database, Json
from sbapply.quoting import quote_identifier
from sbapply.verify.facts import Named, read_facts

ClaimKind: TypeAlias = Literal["table", "column", "constraint", "index", "row_security", "policy", "probe"]

REFUSAL: Json = {"sqlstate": "23514"}
"""What a wrong write has to meet: check_violation."""


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
            kind=cast("ClaimKind", value["kind"]),
            key=tuple(cast("list[str]", value["key"])),
            expected=value["expected"],
            counts_rows=bool(value["counts_rows"]),
        )


def claims_of(
    version: str, changes: Sequence[Change], database: Database, *, patience: float = 20.0
) -> tuple[Claim, ...]:
    """Return what the migration ``version`` claims, given what it changed in the rehearsal.

    ``database`` is the rehearsal's, right after that migration: the expected facts are read there with the files
    that will read the project (one request, none if nothing changed), in a session as ``read_facts`` wants it.
    Read-only. Raises what ``read_facts`` does.
    """
    gone = {change.key for change in changes if change.kind == "table" and change.action == "removed"}
    told = [change for change in changes if change.kind == "table" or change.key[:2] not in gone]
    named = list(dict.fromkeys(name for change in told for name in _named(change)))
    facts = read_facts(database, named, patience=patience)
    grown = {change.key for change in told if _adds_column(change)}
    claims = []
    for kind, key in named:
        expected = facts[kind, key].value
        counts = kind == "column" and key in grown
        claims.append(_claim(version, cast("ClaimKind", kind), key, expected, counts_rows=counts))
    probed = [_claim(version, "probe", change.key, REFUSAL) for change in told if _can_refuse(change)]
    return (*claims, *probed)


def supersede(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims that still stand when all have been applied in this order.

    A later claim about the same object and kind replaces an earlier one; a table that is absent takes everything
    claimed about it before along, and a constraint that is absent or another one takes its probe.
    """
    standing: dict[Named, Claim] = {}
    for claim in claims:
        if claim.kind == "table" and claim.expected is None:
            standing = {name: kept for name, kept in standing.items() if kept.key[:2] != claim.key[:2]}
        if claim.kind == "constraint":
            standing.pop(("probe", claim.key), None)
        earlier = standing.pop((claim.kind, claim.key), None)
        counts = claim.counts_rows or (earlier is not None and earlier.counts_rows and claim.expected is not None)
        standing[claim.kind, claim.key] = replace(claim, counts_rows=counts)
    return tuple(standing.values())


def readable(kind: str, key: Key) -> str:
    """Return the object's name for a reader; parts that are not plain names are quoted."""
    name = ".".join(part if re.fullmatch("[a-z_][a-z0-9_$]*", part) else quote_identifier(part) for part in key)
    return name + {"probe": " (probe)", "row_security": " (row security)"}.get(kind, "")


def _claim(version: str, kind: ClaimKind, key: Key, expected: Json, *, counts_rows: bool = False) -> Claim:
    return Claim(version, readable(kind, key), kind, key, expected, counts_rows)


def _named(change: Change) -> list[Named]:
    """Return which facts a change is about: row security is a fact of its own."""
    if change.kind != "table":
        return [(change.kind, change.key)]
    before = cast("Table | None", change.before)
    after = cast("Table | None", change.after)
    named: list[Named] = []
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


def _can_refuse(change: Change) -> bool:
    """Tell whether a CHECK came or changed that is the table's own; an inherited one is probed at its parent."""
    after = change.after
    return isinstance(after, Constraint) and after.type == "c" and not after.inherited
