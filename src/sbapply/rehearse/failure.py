"""Name how a call of the SQL endpoint's server can end without rows, in that server's own words.

The server is ``@supabase/postgres-meta`` 0.99 (``src/lib/db.ts``, ``src/server/utils.ts``).
"""

from dataclasses import dataclass

from sbapply.rehearse.javascript import utf16_length


@dataclass(frozen=True, slots=True)
class WireError:
    """Hold the fields of one ErrorResponse; ``position`` is the server's own: 1-based, in code points."""

    severity: str
    sqlstate: str
    message: str
    position: int | None = None
    detail: str | None = None
    hint: str | None = None
    internal_query: str | None = None
    where: str | None = None


class WireFailure(Exception):
    """Be the base of what a call ends with instead of rows.

    ``text`` is what postgres-meta puts into ``error``, ``meta_status`` the HTTP status it answers with
    (``translateErrorToResponseCode`` in ``src/server/utils.ts``).
    """

    meta_status = 400

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class QueryRefused(WireFailure):
    """Say that Postgres answered with an error."""

    def __init__(self, error: WireError, sql: str) -> None:
        super().__init__(format_error(error, sql))
        self.error = error


class NoConnection(WireFailure):
    """Say that no connection came about, so nothing ran; ``reason`` is libpq's text."""

    meta_status = 504

    def __init__(self, reason: str) -> None:
        super().__init__("Connection terminated due to connection timeout")
        self.reason = reason


class ConnectionLost(WireFailure):
    """Say that the connection ended without an answer."""

    def __init__(self) -> None:
        super().__init__("Connection terminated unexpectedly")


class ReadTimeout(WireFailure):
    """Say that no answer came in time; the backend goes on with the query."""

    meta_status = 408

    def __init__(self) -> None:
        super().__init__("Query read timeout")


class ResultTooLarge(WireFailure):
    """Say that more bytes of rows came than are allowed; the backend goes on with what follows."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"Query result size ({size} bytes) exceeded the configured limit ({limit} bytes)")


def format_error(error: WireError, sql: str) -> str:
    """Return postgres-meta's ``formattedError``, byte for byte.

    Its LINE and caret go wrong where ``sql`` holds characters beyond the basic plane or the position is a line
    end: lines are measured in UTF-16 units, the position in code points, and a position behind the last line
    gives ``LINE 0`` without text. Clients have to live with that, so the sandbox says the same.
    """
    prefix = (f"{error.severity}:  " if error.severity else "") + (f"{error.sqlstate}: " if error.sqlstate else "")
    parts = [f"{prefix}{error.message}\n"]
    if error.position is not None:
        parts.append(_point_at(sql, error.position - 1))
    for label, text in (
        ("DETAIL", error.detail),
        ("HINT", error.hint),
        ("QUERY", error.internal_query),
        ("CONTEXT", error.where),
    ):
        if text:
            parts.append(f"{label}:  {text}\n")
    return "".join(parts)


def _point_at(sql: str, position: int) -> str:
    """Return the LINE with its caret line for a 0-based ``position``, counted as postgres-meta counts."""
    line, number, column = "", 0, 0
    line_start = 0
    for index, candidate in enumerate(sql.split("\n"), start=1):
        length = utf16_length(candidate)
        if line_start + length > position:
            line, number, column = candidate, index, position - line_start
            break
        line_start += length + 1
    label = f"LINE {number}: "
    return f"{label}{line}\n{' ' * (len(label) + column)}^\n"
