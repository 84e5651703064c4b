"""Run assertions on a project and judge what they returned: one request a set, read-only and rolled back."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from sbapply.database import Database, Json, Row, persist, shaped
from sbapply.errors import OutcomeUnknown, Place, ReadFailed, Refused, SqlError
from sbapply.migrations.assertions import AssertedStatement, AssertionSet
from sbapply.verify.facts import parsed
from sbapply.verify.proof import BYTE_LIMIT
from sbapply.verify.queries import LOCK_TIMEOUT, assertion_sql

AssertionStatus: TypeAlias = Literal["confirmed", "differs", "not-run"]

_CANCELED = "57014"
_LOCKED = "55P03"


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """Say of one assertion whether every value that it returned was true, and else what was found.

    ``place`` is where it begins, None where only the file is known; ``text`` is its first line. A statement that
    only prepares others has a result if it failed. ``not-run`` stands behind one that ended the set.
    """

    file: str
    version: str | None
    place: Place | None
    text: str
    status: AssertionStatus
    found: str
    sqlstate: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name, the place as line and column."""
        return {
            "file": self.file,
            "version": self.version,
            "line": self.place.line if self.place is not None else None,
            "column": self.place.column if self.place is not None else None,
            "text": self.text,
            "status": self.status,
            "found": self.found,
            "sqlstate": self.sqlstate,
        }


def run_assertions(
    database: Database, sets: Sequence[AssertionSet], *, patience: float, byte_limit: int = BYTE_LIMIT
) -> tuple[AssertionResult, ...]:
    """Run each set in one request and return a result an assertion, in order; nothing stays of it.

    A set is one transaction, READ ONLY and rolled back, with one time limit for all of it, within ``patience``
    seconds. Raises ``Refused`` before anything is sent if a set is larger than ``byte_limit``, ``ReadFailed`` where
    there was no answer in time or not ours, and the lasting kinds of ``NotSent``. What Postgres says is a result.
    """
    limit = max(patience * 0.75, 0.5)
    requests: list[tuple[AssertionSet, str, str]] = []
    for each in sets:
        nonce = secrets.token_hex(8)
        sql = assertion_sql(nonce, each.statements, statement_timeout=limit)
        if len(json.dumps(sql)) > byte_limit:
            raise Refused(
                "its assertions do not fit into one request", "Split the file.", place=Place(each.file, 1, 1)
            )
        requests.append((each, nonce, sql))
    return tuple(
        result
        for each, nonce, sql in requests
        for result in _results(each, _send(database, each, sql, patience), nonce, limit)
    )


def failing(results: Sequence[AssertionResult]) -> bool:
    """Tell whether any assertion differs."""
    return any(result.status == "differs" for result in results)


def not_run(sets: Sequence[AssertionSet], reason: str) -> tuple[AssertionResult, ...]:
    """Return the results of sets that could not be run."""
    return tuple(
        _result(each, statement, "not-run", reason)
        for each in sets
        for statement in each.statements
        if statement.kind == "asserts"
    )


def _send(database: Database, asked: AssertionSet, sql: str, patience: float) -> Sequence[Row] | SqlError:
    """Return the rows of a request, or what Postgres said in their place."""
    if not asked.statements:
        return ()

    def attempt(timeout: float) -> Sequence[Row]:
        try:
            return database.run(sql, timeout=timeout)
        except OutcomeUnknown as error:
            # A transaction that commits nothing may be cancelled without a doubt about what it left.
            if error.sql_error is not None and error.sql_error.sqlstate == _CANCELED:
                raise error.sql_error from error
            raise

    try:
        return persist(attempt, "The database", patience)
    except SqlError as error:
        return error
    except ReadFailed as error:
        raise ReadFailed(f"{asked.file}: {error.message}", error.next_step) from error


def _results(
    asked: AssertionSet, answer: Sequence[Row] | SqlError, nonce: str, limit: float
) -> Iterator[AssertionResult]:
    if not any(each.kind == "asserts" for each in asked.statements):
        yield AssertionResult(asked.file, asked.version, None, "", "not-run", "it asserts nothing")
    if not asked.statements:
        return
    if isinstance(answer, SqlError):
        found = _said(answer.sqlstate, answer.message, limit)
        yield AssertionResult(asked.file, asked.version, None, "", "differs", found, answer.sqlstate)
        return
    with shaped(f"the assertions of {asked.file}"):
        answers = _read(answer, nonce)
        for index, statement in enumerate(asked.statements):
            if index < len(answers):
                yield from _judge(asked, statement, answers[index], limit)
            elif statement.kind == "asserts":
                yield _result(asked, statement, "not-run", "a statement before it ended the file's run")


def _read(rows: Sequence[Row], nonce: str) -> Sequence[Mapping[str, Json]]:
    value = parsed(rows[0]["assertions"]) if len(rows) == 1 and "assertions" in rows[0] else None
    if not isinstance(value, dict) or value.get("nonce") != nonce:
        raise ReadFailed("The answer is not the one to these assertions.", "Run sbapply verify again.")
    return cast("Sequence[Mapping[str, Json]]", value["results"])


def _judge(
    asked: AssertionSet, statement: AssertedStatement, answer: Mapping[str, Json], limit: float
) -> Iterator[AssertionResult]:
    sqlstate = answer["sqlstate"]
    if sqlstate is not None:
        found = _said(str(sqlstate), str(answer["message"]), limit)
        yield _result(asked, statement, "differs", found, str(sqlstate))
    elif statement.kind == "asserts":
        wrong = cast("Sequence[Mapping[str, Json]]", answer["wrong"])
        rows = cast("int", answer["rows"])
        if wrong:
            yield _result(asked, statement, "differs", "; ".join(map(_wrong_row, wrong)))
        elif rows == 0:
            yield _result(asked, statement, "differs", "returned no row")
        else:
            yield _result(asked, statement, "confirmed", f"{rows} row{'' if rows == 1 else 's'}, all true")


def _result(
    asked: AssertionSet,
    statement: AssertedStatement,
    status: AssertionStatus,
    found: str,
    sqlstate: str | None = None,
) -> AssertionResult:
    return AssertionResult(
        asked.file, asked.version, statement.place, statement.first_line, status, found, sqlstate
    )


def _said(sqlstate: str, message: str, limit: float) -> str:
    if sqlstate == _CANCELED:
        return f"failed with SQLSTATE {sqlstate}: it was cancelled; the file has {limit:g} s"
    if sqlstate == _LOCKED:
        return f"failed with SQLSTATE {sqlstate}: it waited {LOCK_TIMEOUT:g} s for a lock that somebody else holds"
    return f"failed with SQLSTATE {sqlstate}: {message}"


def _wrong_row(row: Mapping[str, Json]) -> str:
    columns = cast("Sequence[tuple[str, str]]", row["columns"])
    told = ", ".join(f"{name} is {_value(text)}" for name, text in columns)
    return f"row {row['row']}: {told or 'it has no column, or one that is not boolean'}"


def _value(text: str) -> str:
    return text if text in ("false", "null") else f"{text}, which is not boolean"
