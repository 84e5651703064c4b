"""Prove that a project is what was claimed: one request, rolled back, and a judgement over its answer."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from sbapply.catalog.canonical import spread_casts
from sbapply.catalog.whole import Identity, WholeCatalog, whole_of
from sbapply.database import Clock, Database, Json, ask, shaped
from sbapply.errors import ReadFailed
from sbapply.history.state import RemoteState, kept_state_sql, state_of
from sbapply.verify.claims import Claim, refusal_of
from sbapply.verify.exposure import Exposure, exposures_of
from sbapply.verify.facts import ABSENT, Fact, facts_of, parsed
from sbapply.verify.probes import judge_probe
from sbapply.verify.queries import FACT_FILES, WHOLE_KINDS, Subject, proof_sql
from sbapply.verify.verdict import ClaimResult, Status, Verdict
from sbapply.verify.whole import judge_whole

BYTE_LIMIT = 900_000
"""The largest body as JSON; the platform's limit is about 1 MB (supabase/supabase, execute-sql-query.ts)."""

HISTORY = "supabase_migrations.schema_migrations"

_ONLY_SHOWN = frozenset({"data_type", "udt"})
"""Parts of a column's fact that only information_schema has."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """Hold the parts of one request's answer by the number of the claim."""

    facts: dict[int, Fact]
    rows: dict[int, Mapping[str, Json]]
    probes: dict[int, Mapping[str, Json]]
    history: Mapping[str, Json]
    whole: WholeCatalog | None
    exposures: tuple[Exposure, ...]
    state: Json


def prove(
    database: Database,
    claims: Sequence[Claim],
    *,
    versions: Sequence[str] = (),
    patience: float = 20.0,
    byte_limit: int = BYTE_LIMIT,
    rehearsed_on: int = 0,
) -> Verdict:
    """Ask the project about ``claims`` (after ``supersede``) and whether ``versions`` are in its history.

    One request, more only if it would be larger than ``byte_limit``; nothing stays of it: the transaction is
    rolled back, a probe's wrong write is undone where it is tried and tried only where nothing else can move.
    ``rehearsed_on`` is the server_version_num of the claims' own server. Takes seconds of ``patience`` a request.
    Raises ``SqlError`` and the lasting kinds of ``NotSent`` at once, ``ReadFailed`` if there was no answer in time
    or not ours.
    """
    verdict, _ = _prove(_Asking(database, patience, byte_limit, rehearsed_on), claims, versions, before="")
    return verdict


def prove_with_state(
    database: Database,
    claims: Sequence[Claim],
    *,
    versions: Sequence[str],
    patience: float,
    clock: Clock,
    rehearsed_on: int,
) -> tuple[RemoteState, Verdict]:
    """Do as ``prove`` does, and read the project's state with the same request. Raises what both do."""
    asked_at = clock.monotonic()
    asking = _Asking(database, patience, BYTE_LIMIT, rehearsed_on)
    verdict, state = _prove(asking, claims, versions, before=f"{kept_state_sql()}\n")
    row = cast("Mapping[str, Json]", parsed(state) or {})
    return state_of([row], asked_at=asked_at, read_at=clock.monotonic()), verdict


@dataclass(frozen=True, slots=True)
class _Asking:
    """Hold how to ask: see ``prove``."""

    database: Database
    patience: float
    byte_limit: int
    rehearsed_on: int


def _prove(
    asking: _Asking, claims: Sequence[Claim], versions: Sequence[str], *, before: str
) -> tuple[Verdict, Json]:
    """Return the verdict, and what ``before``, run first in the first request, kept of the state."""
    nonce = secrets.token_hex(8)
    sql = before + _request(nonce, claims, versions, asking.patience)
    single = [claim for claim in claims if claim.kind not in WHOLE_KINDS]
    if len(json.dumps(sql)) > asking.byte_limit and len(single) > 1:
        # What is read as a whole is read once, however many claims are about it.
        middle = len(single) // 2
        whole_ones = [claim for claim in claims if claim.kind in WHOLE_KINDS]
        first, state = _prove(asking, (*single[:middle], *whole_ones), versions, before=before)
        rest, _ = _prove(asking, single[middle:], (), before="")
        return Verdict((*first.results, *rest.results), first.warnings), state
    rows = ask(asking.database, sql, patience=asking.patience)
    with shaped("the claims"):
        answer = _read(rows, nonce)
        history = [_judge_version(version, answer.history) for version in versions]
        whole: Mapping[Identity, ClaimResult] = {}
        if answer.whole is not None:
            told = [claim for claim in claims if claim.kind in WHOLE_KINDS]
            whole = judge_whole(told, answer.whole, asking.rehearsed_on)
        judged = [
            whole.get((claim.kind, claim.key)) or _judge(number, claim, answer)
            for number, claim in enumerate(claims)
        ]
        return Verdict((*history, *judged), answer.exposures), answer.state


def _request(nonce: str, claims: Sequence[Claim], versions: Sequence[str], patience: float) -> str:
    subjects = [Subject(number, claim.kind, claim.key, refusal_of(claim)) for number, claim in enumerate(claims)]
    return proof_sql(
        nonce,
        facts=[subject for subject in subjects if subject.kind in FACT_FILES],
        rows=[subject for subject in subjects if claims[subject.number].counts_rows],
        probes=[subject for subject in subjects if subject.kind == "probe"],
        versions=versions,
        statement_timeout=max(patience * 0.75, 1.0),
        whole=any(claim.kind in WHOLE_KINDS for claim in claims),
    )


def _read(rows: Sequence[Mapping[str, Json]], nonce: str) -> _Answer:
    value = parsed(rows[0]["verification"]) if len(rows) == 1 and "verification" in rows[0] else None
    if not isinstance(value, dict) or value.get("nonce") != nonce:
        raise ReadFailed("The answer is not the one to this verification.", "Run sbapply verify again.")
    return _Answer(
        facts_of(value["facts"]),
        _by_number(value["rows"]),
        {number: row for rows in cast("list[Json]", value["probes"]) for number, row in _by_number(rows).items()},
        cast("Mapping[str, Json]", value["history"]),
        whole_of(cast("Mapping[str, Json]", parsed(value["whole"]))) if value["whole"] else None,
        exposures_of(value["exposure"]),
        value["state"],
    )


def _by_number(rows: Json) -> dict[int, Mapping[str, Json]]:
    listed = cast("list[Mapping[str, Json]]", rows)
    return {cast("int", row["number"]): row for row in listed}


def _judge(number: int, claim: Claim, answer: _Answer) -> ClaimResult:
    if claim.kind == "probe":
        return judge_probe(claim, answer.probes.get(number))
    fact = answer.facts.get(number, ABSENT)
    counted = answer.rows.get(number)
    rows = _evidence(counted) if counted is not None else None
    return replace(ClaimResult.of(claim, fact.value, _status(claim.expected, fact, rows)), rows=rows)


def _evidence(counted: Mapping[str, Json]) -> dict[str, Json]:
    rows = dict(cast("Mapping[str, Json]", counted["rows"]))
    if counted.get("query") is not None:
        rows["query"] = counted["query"]
    return rows


def _status(expected: Json, fact: Fact, rows: Mapping[str, Json] | None) -> Status:
    if expected is None:
        return "confirmed" if fact.value is None else "differs"
    if fact.value is None:
        return "missing"
    if not fact.visible:
        agrees = _apart_from_shown(expected) == _apart_from_shown(fact.value)
        return "not-visible" if agrees else "differs"
    if not _same(expected, fact.value) or _holds_forbidden_nulls(expected, rows):
        return "differs"
    return "confirmed"


def _same(expected: Json, found: Json) -> bool:
    """Tell whether two facts are the same, also where one was read back and is written otherwise for it."""
    return expected == found or _spread(expected) == _spread(found)


def _spread(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _spread(item) for name, item in value.items()}
    return spread_casts(value) if isinstance(value, str) else value


def _apart_from_shown(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: item for name, item in value.items() if name not in _ONLY_SHOWN}


def _holds_forbidden_nulls(expected: Json, rows: Mapping[str, Json] | None) -> bool:
    if rows is None or not isinstance(expected, dict) or expected.get("is_nullable") != "NO":
        return False
    return rows.get("nulls") not in {None, 0}


def _judge_version(version: str, history: Mapping[str, Json]) -> ClaimResult:
    present = history.get("present")
    status: Status
    if present is None:
        found: Json = dict(history)
        status = "not-visible"
    elif version in cast("list[str]", present):
        found, status = "present", "confirmed"
    else:
        found, status = history.get("reason"), "missing"
    name = f"{HISTORY}[{version}]"
    return ClaimResult(version, name, "history", (version,), "present", found, status)
