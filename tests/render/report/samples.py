"""Documents to report on, with one text in every place where names or data can stand."""

from dataclasses import fields
from typing import Any

from sbapply.database import Json
from sbapply.verify.verdict import ClaimResult

REF = "abcdefghijklmnopqrst"


def claim(**values: Any) -> dict[str, Json]:
    """Return a claim as a document shows it."""
    made: dict[str, Json] = {
        "version": "0002",
        "object": "public.orders",
        "kind": "table",
        "expected": {"kind": "table"},
        "found": {"kind": "table"},
        "status": "confirmed",
        "query": "select 1",
    }
    return made | values


def column(table: str, name: str, kind: str = "text", version: str = "0002", **values: Any) -> dict[str, Json]:
    """Return a claim about a column."""
    fact: Json = {"type": kind, "is_nullable": "NO"}
    return claim(
        object=f'"public"."{table}"."{name}"',
        key=["public", table, name],
        kind="column",
        expected=fact,
        found=fact,
        version=version,
        **values,
    )


def key_claim(table: str, name: str, definition: str, version: str = "0002", **values: Any) -> dict[str, Json]:
    """Return a claim about a constraint."""
    fact: Json = {"type": "x", "definition": definition, "validated": True}
    return claim(
        object=f"public.{table}.{name}",
        key=["public", table, name],
        kind="constraint",
        expected=fact,
        found=fact,
        version=version,
        **values,
    )


def table(name: str, version: str = "0002", **values: Any) -> dict[str, Json]:
    """Return a claim about a table."""
    return claim(object=f"public.{name}", key=["public", name], version=version, **values)


def result(**values: Any) -> ClaimResult:
    """Return a claim's result, whatever fields it has today."""
    made: dict[str, Any] = {**claim(), "key": ("public", "orders"), "tried": "", "rows": None, **values}
    known = {field.name for field in fields(ClaimResult)}
    return ClaimResult(**{name: value for name, value in made.items() if name in known})


def document(text: str = "plain", **values: Json) -> dict[str, Json]:
    """Return the document of a push that failed, with ``text`` in each place that others fill."""
    quoted = text.replace('"', '""')
    fact: Json = {"type": text, "definition": text, "is_nullable": "NO"}
    reference = f'FOREIGN KEY ("{quoted}") REFERENCES public."{quoted}"("{quoted}")'
    claims: list[Json] = [
        claim(kind="history", object=text, expected="present", found="present"),
        table(text, expected=fact, found=fact),
        column(text, text, kind=text, rows={"rows": 3, "nulls": 0, "at_default": text, "query": text}),
        key_claim(text, text, reference, status="differs", query=text),
        key_claim("other", text, reference, rows={"reason": text}),
        column("other", text, kind=text),
        claim(kind="function", object=text, found=text, expected=text, status="missing", query=text),
        claim(kind="trigger", object=text, key=[text, text, text], found=None, status="not-probed", query=text),
        claim(kind="privilege", object=text, found={"reason": text}, status="not-visible", query=text),
    ]
    place: dict[str, Json] = {"file": text, "line": 3, "column": 7}
    made: dict[str, Json] = {
        "command": "push",
        "project": REF,
        "project_name": text,
        "outcome": "failed",
        "applied": [{"version": "0002", "name": text}, {"version": "0003", "name": text, "by": "another run"}],
        "pending": [{"version": "0004", "name": text}, {"version": "0005", "name": text}],
        "half_applied": [{"version": "0005", "name": text, "done": 1, "parts": 3}],
        "would_send": [{"bytes": 1200, "parts": [{"version": "0004"}]}],
        "data": [
            {"status": "violated", "sentence": text, "sample": [{text: text}], **place},
            {"status": "not-asked", "sentence": text, "sample": [], **place},
        ],
        "error": {
            "code": "migration-failed",
            "message": text,
            "next": text,
            "version": "0004",
            "sqlstate": "42703",
            "detail": text,
            "hint": text,
            **place,
        },
        "requests": 4,
        "rehearsal": text,
        "locks": [
            {
                "tables": [
                    {
                        "schema": text,
                        "table": text,
                        "lock": "SHARE",
                        "rewritten": True,
                        "rows": 12_000,
                        "bytes": 8192,
                    }
                ],
                "wal_bytes": 0,
                **place,
            }
        ],
        "advisors": {
            "source": "platform",
            "before": 1,
            "after": 2,
            "new": [{"level": text, "title": text, "object": text, "detail": text, "remediation": text}],
            "note": text,
            "reason": None,
        },
        "verification": {"outcome": "differs", "claims": 9, "confirmed": 5, "differs": 2, "not_probed": 2},
        "report": {
            "sbapply": "0.1.0",
            "started": "2026-01-02T03:04:05Z",
            "ended": "2026-01-02T03:04:07Z",
            "seconds": 2.125,
            "exit_status": 1,
            "by": [{"what": "account", "value": text, "source": "the operating system"}],
            "commit": {"hash": "a" * 40, "uncommitted_changes": True, "reason": None},
            "migrations": [
                {
                    "version": "0002",
                    "name": text,
                    "file": f"supabase/migrations/0002_{text}.sql",
                    "state": "pending",
                }
            ],
            "timings": {
                "requests": [{"what": text, "versions": ["0002", text], "seconds": 0.5, "answer": text}],
                "migrations": [{"version": "0002", "seconds": 0.5, "together": 2}],
            },
            "warnings": [{"message": text, "file": text, "line": 3}, {"message": text, "file": None, "line": None}],
            "unclaimed": [text],
            "claims": claims,
            "verdict": {"outcome": "differs", "claims": 9, "confirmed": 5, "differs": 2, "not_probed": 2},
        },
    }
    return made | values


def with_claims(claims: list[dict[str, Json]], applied: tuple[str, ...] = ("0002",)) -> dict[str, Json]:
    """Return the document of a push that went well and confirmed these claims."""
    made = document()
    report = made["report"]
    assert isinstance(report, dict)
    listed: list[Json] = [*claims]
    counts: dict[str, Json] = {"claims": len(claims), "confirmed": len(claims), "differs": 0, "not_probed": 0}
    verdict: dict[str, Json] = {"outcome": "confirmed", **counts}
    told: dict[str, Json] = {**report, "claims": listed, "verdict": verdict, "exit_status": 0, "warnings": []}
    done: list[Json] = [{"version": version, "name": "orders"} for version in applied]
    empty: list[Json] = []
    return {
        **made,
        "project_name": "Shop",
        "outcome": "applied",
        "applied": done,
        "pending": empty,
        "half_applied": empty,
        "error": None,
        "data": empty,
        "locks": empty,
        "rehearsal": None,
        "would_send": empty,
        "report": told,
    }
