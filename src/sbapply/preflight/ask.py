"""Ask a project's rows, read-only, in one request."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import cast

from sbapply.database import Clock, Database, Json, ask, shaped
from sbapply.errors import ReadFailed
from sbapply.preflight.answers import Answer, Preflight, TableName, unanswered
from sbapply.preflight.question import Question
from sbapply.quoting import quote_identifier, quote_literal
from sbapply.templates import fill, load_sql

LIMIT_SECONDS = 5.0
"""How long one question may take."""

BYTE_LIMIT = 900_000
_PACKAGE = "sbapply.preflight"


def ask_data(
    database: Database,
    questions: Sequence[Question],
    tables: Sequence[TableName] = (),
    *,
    patience: float,
    limit_seconds: float = LIMIT_SECONDS,
    byte_limit: int = BYTE_LIMIT,
    clock: Clock | None = None,
) -> Preflight:
    """Ask ``questions``, and how large ``tables`` (schema or None, name) are. Read-only.

    One request, more only if it would be larger than ``byte_limit``. Each question has ``limit_seconds``, all of
    them three quarters of ``patience``; one that takes longer, or cannot be asked, does not hide the others'
    answers.
    Raises ``SqlError`` and the lasting kinds of ``NotSent`` at once, ``ReadFailed`` if there was no answer in time.
    """
    asked = [question for question in questions if not question.unaskable]
    answers = {
        id(question): unanswered(question, question.unaskable) for question in questions if question.unaskable
    }
    sizes: dict[TableName, tuple[int | None, int]] = {}
    if asked or tables:
        found, sizes = _ask(database, asked, tables, patience, limit_seconds, byte_limit, clock)
        answers |= {id(answer.question): answer for answer in found}
    return Preflight(tuple(answers[id(question)] for question in questions), sizes)


def _ask(
    database: Database,
    questions: Sequence[Question],
    tables: Sequence[TableName],
    patience: float,
    limit_seconds: float,
    byte_limit: int,
    clock: Clock | None,
) -> tuple[list[Answer], dict[TableName, tuple[int | None, int]]]:
    nonce = secrets.token_hex(8)
    sql = _request(nonce, questions, tables, patience, limit_seconds)
    if len(json.dumps(sql)) > byte_limit and len(questions) > 1:
        middle = len(questions) // 2
        first, sizes = _ask(database, questions[:middle], tables, patience, limit_seconds, byte_limit, clock)
        rest, _ = _ask(database, questions[middle:], (), patience, limit_seconds, byte_limit, clock)
        return [*first, *rest], sizes
    rows = ask(database, sql, patience=patience, clock=clock)
    with shaped("the rows"):
        value = rows[0]["preflight"]
        document = cast("Mapping[str, Json]", json.loads(value) if isinstance(value, str) else value)
        if document["nonce"] != nonce:
            raise ReadFailed("The answer is not the one to these questions.", "Run the same command again.")
        given = {each["number"]: each for each in cast("list[Mapping[str, Json]]", document["answers"])}
        answers = [
            _answer(question, given[number]) if number in given else unanswered(question, "there was no answer")
            for number, question in enumerate(questions)
        ]
        sizes = {
            tables[cast("int", each["number"])]: (
                None if each["rows"] is None else int(str(each["rows"])),
                int(str(each["bytes"])),
            )
            for each in cast("list[Mapping[str, Json]]", document["sizes"])
        }
        return answers, sizes


def _request(
    nonce: str, questions: Sequence[Question], tables: Sequence[TableName], patience: float, limit_seconds: float
) -> str:
    one = load_sql(_PACKAGE, "question.sql")
    listed: list[Json] = [
        {"number": number, "name": ".".join(map(quote_identifier, [schema, name] if schema else [name]))}
        for number, (schema, name) in enumerate(tables)
    ]
    return fill(
        load_sql(_PACKAGE, "request.sql"),
        nonce=nonce,
        ask=quote_literal(load_sql(_PACKAGE, "ask.sql")),
        no_answer=quote_literal(load_sql(_PACKAGE, "no_answer.sql")),
        seconds=f"{max(patience * 0.75, 1.0):.3f}",
        questions="".join(
            fill(
                one,
                question=quote_literal(json.dumps({"number": number, **question.asked})),
                milliseconds=str(int(limit_seconds * 1000)),
            )
            for number, question in enumerate(questions)
        ),
        sizes=fill(
            load_sql(_PACKAGE, "sizes.sql"),
            nonce=nonce,
            tables=f"{quote_literal(json.dumps(listed))}::pg_catalog.jsonb",
        ),
    )


def _answer(question: Question, given: Mapping[str, Json]) -> Answer:
    table = str(given["table"]) if given["table"] is not None else question.table
    if given["reason"] is not None:
        return Answer(question, "not-asked", table, reason=_why(str(given["reason"]), given["sqlstate"]))
    count = int(str(given["count"]))
    if count == 0:
        return Answer(question, "holds", table)
    return Answer(
        question,
        "repaired-maybe" if question.repairs else "violated",
        table,
        count,
        given["at_least"] is True,
        tuple(_sample(each) for each in cast("list[Mapping[str, Json]]", given["sample"])),
    )


def _why(reason: str, sqlstate: Json) -> str:
    if sqlstate == "25006":
        return f"it calls something that writes ({reason})"
    return reason


def _sample(given: Mapping[str, Json]) -> dict[str, str | None]:
    shown = {**cast("dict[str, Json]", given["key"]), **cast("dict[str, Json]", given["values"])}
    if given.get("says") is not None:
        shown["says"] = given["says"]
    return {name: None if value is None else str(value) for name, value in shown.items()}
