"""Map every answer of the Management API to rows or to one error of the tree.

Sources: the statuses and texts are those collected in the API's own OpenAPI file, in
``@supabase/postgres-meta`` (``src/server``) and in reports on supabase/cli, supabase/mcp and dyad-sh/dyad#1742.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sbapply.api.permissions import Need
from sbapply.api.sql_error import SqlErrorText, parse_sql_error
from sbapply.database import Json, Row
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
    ends_session,
)

_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one HTTP answer: its status, lower-case header names, and whole body.

    ``need`` is the permission that a scoped token needs for what was asked, where it is known.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    need: Need | None = None


def read_rows(answer: Answer, sql: str) -> list[Row]:
    """Return the rows of an answer to ``sql``; raise the ``DatabaseError`` that any other answer means."""
    if answer.status in (200, 201):
        decoded = _decode(answer)
        if isinstance(decoded, list) and all(isinstance(row, dict) for row in decoded):
            return [row for row in decoded if isinstance(row, dict)]
        raise OutcomeUnknown(
            f"The API answered {answer.status} with something that is not a list of rows{_shown(answer)}."
        )
    raise _answered(_sql_error(answer, sql) if answer.status == 400 else refusal_of(answer))


def read_object(answer: Answer) -> Json:
    """Return the JSON of an answer to a GET; raise the ``DatabaseError`` that any other answer means."""
    if answer.status in (200, 201):
        return _decode(answer)
    raise _answered(refusal_of(answer))


def _answered(error: DatabaseError) -> DatabaseError:
    if isinstance(error, NotSent):
        error.answered = True
    return error


def refusal_of(answer: Answer) -> DatabaseError:
    """Return what an answer without a result means, by its status."""
    message = message_of(answer)
    known = message is not None
    if answer.status == 401 and known:
        return Unauthorised(
            f"The API does not accept the token: {message}",
            "Check that it was copied whole and has not expired; make a new one at "
            "https://supabase.com/dashboard/account/tokens.",
        )
    if answer.status == 403:
        return _forbidden(answer, message)
    if answer.status in (404, 410) and known:
        return NotFound(
            f"The API does not know what was asked for: {message}", "Check --project-ref and --api-url."
        )
    if answer.status == 429:
        return RateLimited(
            "The API's rate limit is reached (120 requests a minute for all tokens of a user).",
            "Wait a minute and run the same command again.",
            retry_after=retry_after(answer.headers),
        )
    if answer.status == 413 or (answer.status == 500 and message == "Request body is too large"):
        return TooLarge("The API refuses a request of this size.", "Split the migration into smaller files.")
    if 300 <= answer.status < 400:
        return OutcomeUnknown(
            f"The API answered with a redirect to {answer.headers.get('location', 'nowhere')}, "
            "which is not followed: the token stays with the host it was meant for.",
            "Check --api-url and any proxy on the way.",
            lasting=True,
        )
    kind = DatabaseUnreachable if answer.status == 544 else OutcomeUnknown
    return kind(
        f"The API answered {answer.status}{f': {message}' if known else ''}{'' if known else _shown(answer)}.",
        "See https://status.supabase.com and whether the project is paused."
        if answer.status >= 500
        else "Check --api-url.",
    )


def message_of(answer: Answer) -> str | None:
    """Return the ``message`` of the API's error envelope, or None if the body is not one."""
    try:
        decoded = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    message = decoded.get("message") if isinstance(decoded, dict) else None
    return message if isinstance(message, str) else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``retry-after`` asks for; None where it is absent or a date."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 3600 else None


def _sql_error(answer: Answer, sql: str) -> DatabaseError:
    message = message_of(answer)
    said = parse_sql_error(message, sql) if message is not None else None
    if said is None:
        return OutcomeUnknown(f"The API answered 400 without a SQLSTATE{_shown(answer)}.")
    if _is_of_the_extended_protocol(said, message or ""):
        return OneStatementOnly(
            "The SQL endpoint takes one statement a request here, so nothing was run: a migration and its row in "
            "the history belong into one request.",
            "It should take several (a proxy or an older server may be in between): check --api-url. sbapply does "
            "not send the statements one by one, because then they could not be undone together.",
        )
    error = SqlError(said.sqlstate, said.message, detail=said.detail, hint=said.hint, position=said.position)
    if said.severity != "ERROR" or ends_session(said.sqlstate):
        return OutcomeUnknown(f"The session ended with {said.sqlstate}: {said.message}", sql_error=error)
    return error


def _is_of_the_extended_protocol(said: SqlErrorText, message: str) -> bool:
    """Tell whether the server took a request of several statements for one (supabase/agent-skills#593).

    The parser says so before anything runs. Code that raises the same text leaves a CONTEXT behind.
    """
    several = said.message == "cannot insert multiple commands into a prepared statement"
    return several and said.sqlstate == "42601" and "\nCONTEXT:" not in message


def _forbidden(answer: Answer, message: str | None) -> DatabaseError:
    if message is not None:
        scope = f"; a scoped token needs the permission {answer.need}" if answer.need is not None else ""
        return Forbidden(
            f"The token may not do this: {message}",
            "Check the ref (`--project-ref`), and that the token's account is a member of its "
            f"organisation{scope}.",
        )
    if answer.body.strip().startswith(b"error code: 1010"):
        return Forbidden(
            "A firewall before the API refuses this client (error code 1010); the token was not looked at.",
            "Check whether a proxy on the way changes the User-Agent.",
        )
    return OutcomeUnknown(
        f"Something before the API answered 403{_shown(answer)}.",
        "Check --api-url, and what a proxy or firewall on the way lets through.",
        lasting=True,
    )


def _decode(answer: Answer) -> Json:
    try:
        decoded: Json = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise OutcomeUnknown(
            f"The API answered {answer.status} with a body that is not JSON{_shown(answer)}."
        ) from None
    return decoded


def _shown(answer: Answer) -> str:
    text = answer.body[:_EXCERPT].decode("utf-8", "replace").strip()
    return f": {text}" if text else " and an empty body"
