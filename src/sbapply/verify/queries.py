"""Build the SQL of verification: every text is a file, every value goes through the quoting functions."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sbapply.catalog.kinds import KINDS
from sbapply.catalog.model import Key
from sbapply.catalog.snapshot import SETTINGS_SQL
from sbapply.catalog.whole import AROUND_SQL, WHOLE_ROWS_SQL, whole_select
from sbapply.database import Json
from sbapply.migrations.assertions import AssertedStatement
from sbapply.quoting import quote_literal

FACT_FILES: Mapping[str, str] = {
    "table": "tables.sql",
    "column": "columns.sql",
    "constraint": "constraints.sql",
    "index": "indexes.sql",
    "row_security": "row_security.sql",
    "policy": "policies.sql",
}
"""Which file reads the facts of which kind: one row a key, with ``number``, ``visible`` and ``fact``."""

TYPE = "type"
"""The kind of a type that is gone: only while it stands it is known which of the catalog's kinds it is."""

WHOLE_KINDS = frozenset(KINDS) - {"table", "column", "default", "constraint", "index", "policy"} | {TYPE}
"""The kinds whose facts are read with the whole catalog; tables and their parts are asked for one by one."""

CHECK_REFUSES, NOT_NULL_REFUSES = "23514", "23502"
"""What a wrong write has to meet: check_violation and not_null_violation."""

LOCK_TIMEOUT = 2.0
"""Seconds to wait for a lock; somebody else's work goes first."""

GRACE = 1.125
"""How much longer than its statement a session lives that does not heed the end of its time."""


_PARTS = 3
"""Schema, table and its own name: what identifies a part of a table; the probe of a column has one more."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Name one object to be asked about; ``number`` comes back with the answer.

    ``refusal`` is the SQLSTATE that a probe has to meet.
    """

    number: int
    kind: str
    key: Key
    refusal: str = ""


def prepared_facts() -> str:
    """Return what a session has to run before ``facts_sql`` can be asked in it: planned once, asked often."""
    queries = (
        _fill("gathered.sql", {"query": _fill(name, {"asked": _fill("asked.sql", {"kind": kind})})})
        for kind, name in FACT_FILES.items()
    )
    return _fill("facts.sql", {"facts": ",".join(queries)})


def facts_sql(subjects: Sequence[Subject]) -> str:
    """Return a read-only question with one json column ``facts``, to a session that has run ``prepared_facts``."""
    asked: dict[str, list[Json]] = {kind: [] for kind in FACT_FILES}
    for item in subjects:
        asked[item.kind].append([item.number, *item.key])
    return _fill("ask_facts.sql", {"asked": quote_literal(json.dumps(asked))})


def proof_sql(
    nonce: str,
    *,
    facts: Sequence[Subject],
    rows: Sequence[Subject],
    probes: Sequence[Subject],
    versions: Sequence[str],
    statement_timeout: float,
    whole: bool = False,
) -> str:
    """Return the one request of a proof: a transaction that is rolled back, one json text ``verification``.

    ``whole`` reads the whole catalog with it.
    """
    checks = [item for item in probes if item.refusal == CHECK_REFUSES]
    return _fill(
        "prove.sql",
        {
            "nonce": nonce,
            "settings": SETTINGS_SQL,
            "statement_timeout": str(int(statement_timeout * 1000)),
            "lock_timeout": str(int(LOCK_TIMEOUT * 1000)),
            "asked_history": quote_literal(json.dumps(list(versions))),
            "asked_rows": quote_literal(json.dumps([_asked(item, "column_name") for item in rows])),
            "asked_probes": quote_literal(json.dumps([_asked(item, "constraint_name") for item in checks])),
            "asked_inserts": quote_literal(json.dumps(_asked_inserts(probes))),
            "history": _text("history.sql"),
            "rows": _text("rows.sql"),
            "probes": _text("probes.sql") if checks else "",
            "inserts": _inserts() if len(checks) < len(probes) else "",
            "facts": _fact_arrays(facts),
            "before_whole": WHOLE_ROWS_SQL if whole else "",
            "whole": f"({whole_select(WHOLE_KINDS)})" if whole else "null",
            "exposure": _fill("exposure.sql", {"around": AROUND_SQL}),
        },
    )


def assertion_sql(nonce: str, statements: Sequence[AssertedStatement], *, statement_timeout: float) -> str:
    """Return the one request of a set of assertions: a transaction that is rolled back, one json column."""
    asked: list[Json] = [{"kind": each.kind, "sql": each.text} for each in statements]
    return _fill(
        "assert.sql",
        {
            "nonce": nonce,
            "statement_timeout": str(int(statement_timeout * 1000)),
            "transaction_timeout": str(int(statement_timeout * GRACE * 1000)),
            "lock_timeout": str(int(LOCK_TIMEOUT * 1000)),
            "asked": quote_literal(json.dumps(asked, ensure_ascii=False)),
        },
    )


def fact_evidence(kind: str, key: Key) -> str:
    """Return what a reader can paste to see the fact of one object: the file of its kind with this one key."""
    return _fill("evidence.sql", {"query": _fact_query(kind, [Subject(1, kind, key)])})


def evidence(kind: str, key: Key) -> str:
    """Return what a reader can paste to see what a claim of this kind is about, or where in the answer to look."""
    if kind == "history":
        return history_evidence(key[0])
    if kind == "probe":
        return fact_evidence("constraint", key) if len(key) == _PARTS else fact_evidence("column", key[:_PARTS])
    if kind in FACT_FILES:
        return fact_evidence(kind, key)
    return f"the whole catalog: {kind} {json.dumps(list(key), ensure_ascii=False)}"


def history_evidence(version: str) -> str:
    """Return what a reader can paste to see whether ``version`` is in the history."""
    return _fill("history_evidence.sql", {"version": quote_literal(version)})


def _asked(subject: Subject, name: str) -> dict[str, Json]:
    schema, table, own = subject.key
    return {"number": subject.number, "schema_name": schema, "table_name": table, name: own}


def _asked_inserts(probes: Sequence[Subject]) -> Json:
    """Return what is tried with an INSERT, table by table."""
    tables: dict[Key, tuple[dict[str, Json], list[Json]]] = {}
    for item in probes:
        if item.refusal == CHECK_REFUSES:
            continue
        not_null, keys = tables.setdefault(item.key[:2], ({}, []))
        if item.refusal == NOT_NULL_REFUSES:
            not_null[item.key[2]] = item.number
        else:
            keys.append({"number": item.number, "name": item.key[2], "sqlstate": item.refusal})
    return [
        {"schema_name": schema, "table_name": table, "not_null": not_null, "keys": keys}
        for (schema, table), (not_null, keys) in tables.items()
    ]


@cache
def _inserts() -> str:
    """Return the block that tries INSERTs."""
    made = {"made": _text("made_values.sql")}
    return _fill(
        "inserts.sql",
        {
            "tables": _text("insert_tables.sql"),
            "not_null": _fill("not_null.sql", made),
            "keys": _fill("keys.sql", made),
        },
    )


def _fact_arrays(subjects: Sequence[Subject]) -> str:
    """Return one scalar subquery a kind; each is null if its file has no rows."""
    queries = []
    for kind in FACT_FILES:
        asked = [item for item in subjects if item.kind == kind]
        if asked:
            queries.append(_fill("gathered.sql", {"query": _fact_query(kind, asked)}))
    return ",".join(queries)


def _fact_query(kind: str, subjects: Sequence[Subject]) -> str:
    keys = (", ".join((str(item.number), *map(quote_literal, item.key))) for item in subjects)
    return _fill(FACT_FILES[kind], {"asked": f"values {', '.join(f'({key})' for key in keys)}"})


def _fill(name: str, values: Mapping[str, str]) -> str:
    """Fill the ``@name@`` places of a file in one pass, so that a value cannot hold a place itself."""
    return re.sub("@([a-z_]+)@", lambda place: values[place[1]], _text(name))


@cache
def _text(name: str) -> str:
    return files("sbapply.verify").joinpath("sql", name).read_text(encoding="utf-8").rstrip()
