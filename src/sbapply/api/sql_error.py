r"""Read what Postgres said out of the endpoint's text.

The endpoint answers ``{"message": "Failed to run sql query: ERROR:  42P01: …\nLINE 3: …\n   ^\nDETAIL:  …"}``; the
text after the colon is ``formattedError`` of ``@supabase/postgres-meta`` (``src/lib/db.ts``).
"""

import re
from dataclasses import dataclass

_HEAD = re.compile(r"(?:^|: )(?P<severity>ERROR|FATAL|PANIC):\s+(?P<sqlstate>[0-9A-Z]{5}): ", re.DOTALL)
_LINE = re.compile(r"LINE (?P<number>\d+): ")
_FIELDS = ("DETAIL", "HINT", "QUERY", "CONTEXT")


@dataclass(frozen=True, slots=True)
class SqlErrorText:
    """Hold the parts of a formatted error; ``position`` is a 0-based character offset into the SQL sent."""

    severity: str
    sqlstate: str
    message: str
    detail: str | None
    hint: str | None
    position: int | None


def parse_sql_error(text: str, sql: str) -> SqlErrorText | None:
    """Return the parts of ``text``, the message of an answer to ``sql``; None if it names no SQLSTATE."""
    head = _HEAD.search(text)
    if head is None:
        return None
    lines = text[head.end() :].split("\n")
    fields: dict[str, list[str]] = {"MESSAGE": []}
    current = "MESSAGE"
    position: int | None = None
    index = 0
    while index < len(lines):
        line = lines[index]
        placed = _LINE.match(line)
        caret = lines[index + 1] if index + 1 < len(lines) else ""
        if current == "MESSAGE" and placed and caret.strip(" ") == "^":
            position = _position(sql, int(placed["number"]), line[placed.end() :], len(caret) - 1 - placed.end())
            current = "PLACE"
            index += 2
            continue
        name = line.partition(":  ")[0]
        if name in _FIELDS and f"{name}:  " == line[: len(name) + 3] and name not in fields:
            current = name
            line = line[len(name) + 3 :]
        fields.setdefault(current, []).append(line)
        index += 1
    return SqlErrorText(
        head["severity"],
        head["sqlstate"],
        "\n".join(fields["MESSAGE"]).rstrip("\n"),
        _joined(fields, "DETAIL"),
        _joined(fields, "HINT"),
        position,
    )


def _joined(fields: dict[str, list[str]], name: str) -> str | None:
    return "\n".join(fields[name]).rstrip("\n") if name in fields else None


def _position(sql: str, number: int, shown: str, caret: int) -> int | None:
    """Undo the server's arithmetic: it lays a position in code points over lines measured in UTF-16.

    It walks the lines of the SQL, adding up their UTF-16 lengths, until the sum passes the code point position,
    and prints the rest as the caret's column; so the position is the sum plus that column. None where the line it
    shows is not that line of ours, as when it found no line at all and says LINE 0.
    """
    lines = sql.split("\n", number)
    if not 1 <= number <= len(lines) or lines[number - 1] != shown:
        return None
    before = sum(_utf16_length(line) + 1 for line in lines[: number - 1])
    position = before + caret
    return position if 0 <= position <= len(sql) else None


def _utf16_length(text: str) -> int:
    return len(text) + sum(1 for character in text if character > "\uffff")
