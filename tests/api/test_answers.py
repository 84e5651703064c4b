"""Every answer that people met from the Management API, and what it means."""

import json
from collections.abc import Mapping

import pytest

from sbapply.api.answers import Answer, read_object, read_rows, retry_after
from sbapply.api.permissions import need_of
from sbapply.errors import (
    DatabaseError,
    DatabaseUnreachable,
    Forbidden,
    NotFound,
    NotSent,
    OneStatementOnly,
    OutcomeUnknown,
    RateLimited,
    SqlError,
    TooLarge,
    Unauthorised,
)

HTML = b"<!DOCTYPE html><html><title>Just a moment...</title></html>"
PRIVILEGES = "Your account does not have the necessary privileges to access this endpoint."


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers or {}, content)


def said(message: str) -> dict[str, str]:
    return {"message": message}


def sql(sqlstate: str, severity: str = "ERROR") -> dict[str, str]:
    return said(f"Failed to run sql query: {severity}:  {sqlstate}: words\n")


def error_of(given: Answer) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        read_rows(given, "select 1")
    return caught.value


@pytest.mark.parametrize("status", [200, 201])
def test_rows_are_returned_for_200_and_201(status: int) -> None:
    assert read_rows(answer(status, [{"?column?": 1}]), "select 1") == [{"?column?": 1}]
    assert read_rows(answer(status, []), "create table t ()") == []


@pytest.mark.parametrize(
    ("given", "kind", "exit_status"),
    [
        (answer(400, sql("42P01")), SqlError, 1),
        (answer(400, sql("55P03")), SqlError, 1),
        (answer(400, sql("23505")), SqlError, 1),
        (answer(400, sql("SBA01")), SqlError, 1),
        (answer(401, said("JWT could not be decoded")), Unauthorised, 2),
        (answer(401, said("Unauthorized")), Unauthorised, 2),
        (answer(403, said(PRIVILEGES)), Forbidden, 2),
        (answer(403, said("Forbidden resource")), Forbidden, 2),
        (answer(403, b"error code: 1010"), Forbidden, 2),
        (answer(404, said("Project not found")), NotFound, 2),
        (answer(410, said("Gone")), NotFound, 2),
        (answer(413, said("request entity too large")), TooLarge, 1),
        (answer(413, HTML), TooLarge, 1),
        (answer(500, said("Request body is too large")), TooLarge, 1),
        (answer(429, said("ThrottlerException: Too Many Requests")), RateLimited, 1),
        (answer(429, HTML), RateLimited, 1),
    ],
)
def test_what_is_definite_is_named(given: Answer, kind: type[DatabaseError], exit_status: int) -> None:
    error = error_of(given)
    assert type(error) is kind
    assert error.exit_status == exit_status
    assert isinstance(error, SqlError) or error.next_step


@pytest.mark.parametrize(
    "given",
    [
        answer(400, said("query: Invalid input: expected string, received undefined")),
        answer(400, said("Failed to run sql query: Connection terminated unexpectedly")),
        answer(400, said("Query result size (9 bytes) exceeded the configured limit (8 bytes)")),
        answer(400, HTML),
        answer(400, b""),
        answer(401, HTML),
        answer(403, HTML),
        answer(404, HTML),
        answer(408, said("Query read timeout")),
        answer(500, said("Something went wrong")),
        answer(500, b""),
        answer(502, HTML),
        answer(503, said("sorry, too many clients already")),
        answer(504, HTML),
        answer(522, HTML),
        answer(524, HTML),
        answer(544, said("Failed to run sql query: Connection terminated due to connection timeout")),
        answer(546, b""),
        answer(418, b"?"),
        answer(204, b""),
        answer(201, b""),
        answer(201, b'[{"a": 1}, {"a'),
        answer(201, HTML),
        answer(201, said("hello")),
        answer(201, [1, 2]),
        answer(201, None),
        answer(201, b"[" * 200_000),
        answer(400, b"[" * 200_000),
        answer(201, b"\xff\xfe\x00"),
        answer(400, {"error": {"name": "UnauthorizedException", "message": "not generally available yet"}}),
        answer(400, {"message": ["not", "a", "text"]}),
    ],
    ids=lambda given: f"{given.status}-{given.body[:20]!r}",
)
def test_everything_else_is_unknown_never_a_failure(given: Answer) -> None:
    error = error_of(given)
    assert type(error) is (DatabaseUnreachable if given.status == 544 else OutcomeUnknown)
    assert error.exit_status == 5
    assert str(given.status) in error.message


@pytest.mark.parametrize(
    "sqlstate", ["08000", "08006", "08P01", "57P01", "57P02", "57P03", "57014", "XX000", "XX001", "XX002"]
)
def test_a_sqlstate_of_the_session_is_unknown_and_keeps_what_was_said(sqlstate: str) -> None:
    error = error_of(answer(400, sql(sqlstate)))
    assert isinstance(error, OutcomeUnknown)
    assert error.sql_error is not None
    assert error.sql_error.sqlstate == sqlstate


@pytest.mark.parametrize("severity", ["FATAL", "PANIC"])
def test_the_end_of_a_session_is_unknown_whatever_its_sqlstate(severity: str) -> None:
    assert isinstance(error_of(answer(400, sql("53300", severity))), OutcomeUnknown)


@pytest.mark.parametrize("sqlstate", ["57000", "57P04", "57P05", "53300", "25P02", "0A000", "22012"])
def test_a_sqlstate_of_the_sql_is_evidence(sqlstate: str) -> None:
    error = error_of(answer(400, sql(sqlstate)))
    assert isinstance(error, SqlError)
    assert error.sqlstate == sqlstate


def test_an_sql_error_has_its_parts_and_its_position_in_the_sql_that_was_sent() -> None:
    text = (
        'Failed to run sql query: ERROR:  42P01: relation "x" does not exist\n'
        "LINE 2: from x\n             ^\nDETAIL:  d\nHINT:  h\nQUERY:  q\nCONTEXT:  c\n"
    )
    with pytest.raises(SqlError) as caught:
        read_rows(answer(400, said(text)), "select '😀'\nfrom x")
    error = caught.value
    assert (error.message, error.detail, error.hint) == ('relation "x" does not exist', "d", "h")
    # The line before it counts one more in UTF-16, so the caret stands one to the left of the x.
    assert error.position == 17


def test_a_redirect_is_lasting_and_tells_where_it_would_have_gone() -> None:
    error = error_of(answer(302, b"", {"location": "https://elsewhere.example/"}))
    assert isinstance(error, OutcomeUnknown)
    assert error.lasting
    assert "https://elsewhere.example/" in error.message


def test_a_firewalls_page_with_403_is_lasting() -> None:
    error = error_of(answer(403, HTML))
    assert isinstance(error, OutcomeUnknown)
    assert error.lasting


def test_error_1010_is_about_the_client_and_not_the_token() -> None:
    error = error_of(answer(403, b"error code: 1010\n"))
    assert "1010" in error.message
    assert "the token was not looked at" in error.message
    assert "User-Agent" in error.next_step


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("999999", None),
    ],
)
def test_only_a_sensible_number_of_seconds_is_waited_for(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds
    error = error_of(answer(429, said("ThrottlerException: Too Many Requests"), {"retry-after": value}))
    assert isinstance(error, NotSent)
    assert error.retry_after == seconds


def test_a_long_body_is_cut_in_messages() -> None:
    assert len(error_of(answer(502, b"x" * 100_000)).message) < 400


def test_a_get_has_the_same_errors_as_a_query() -> None:
    assert read_object(answer(200, {"a": 1})) == {"a": 1}
    for given, kind in [
        (answer(404, said("Project not found")), NotFound),
        (answer(400, said("ref: Invalid string")), OutcomeUnknown),
        (answer(200, HTML), OutcomeUnknown),
    ]:
        with pytest.raises(kind):
            read_object(given)


SEVERAL = "Failed to run sql query: ERROR:  42601: cannot insert multiple commands into a prepared statement\n"


def test_an_endpoint_that_takes_one_statement_is_told_as_what_it_is_and_nothing_ran() -> None:
    error = error_of(answer(400, said(SEVERAL)))
    assert isinstance(error, OneStatementOnly)
    assert not error.transient
    assert "one statement a request" in error.message
    assert "nothing was run" in error.message


@pytest.mark.parametrize(
    "text",
    [
        # Raised by somebody's code, which may stand behind a commit.
        SEVERAL + "CONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\n",
        SEVERAL.replace("42601", "P0001"),
        SEVERAL.replace("prepared statement", 'prepared statement "x"'),
    ],
)
def test_the_same_text_from_elsewhere_is_an_sql_error_like_any_other(text: str) -> None:
    assert type(error_of(answer(400, said(text)))) is SqlError


def test_a_403_names_the_permission_that_a_scoped_token_needs() -> None:
    need = need_of("POST", "/v1/projects/abcdefghijklmnopqrst/database/query")
    error = error_of(Answer(403, {}, json.dumps(said(PRIVILEGES)).encode(), need))
    assert isinstance(error, Forbidden)
    assert "database_read and database_write" in error.next_step
    assert "--project-ref" in error.next_step
