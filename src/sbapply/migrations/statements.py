"""Split a migration into its statements with PostgreSQL's own parser, keeping offsets in characters."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice

from sbapply.errors import Place
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.text import place_at, skip_blank

_COPY_FROM_STDIN = re.compile(r"\bcopy\b[^;]*?\bfrom\s+stdin\b", re.IGNORECASE)
_WORD = re.compile(r"[\w\u0080-\U0010ffff]+")
_LOOKALIKES = frozenset("\u200b\u200c\u200d\u2060\ufeff\u2018\u2019\u201c\u201d\u00a0")


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold where one statement stands in its file.

    ``lead`` is where the blanks and comments before it begin, ``start`` where its first token does, ``end`` where
    its text ends before the semicolon; ``after`` is behind the semicolon, if there is one.
    """

    lead: int
    start: int
    end: int
    after: int


@dataclass(frozen=True, slots=True)
class SplitText:
    """Hold a text and its statements in order."""

    text: str
    statements: tuple[Statement, ...]

    def source(self, statement: Statement) -> str:
        """Return the statement's own text, from its first token to before its semicolon."""
        return self.text[statement.start : statement.end]

    def stored(self) -> tuple[str, ...]:
        """Return the texts to keep in the history, as the official CLI keeps them.

        Comments stay with the statement that follows them, semicolons and outer blanks go, what is left empty is
        dropped; a trailing comment is an element of its own (apps/cli-go/pkg/parser/token.go).
        """
        parts = [self.text[each.lead : each.end] for each in self.statements]
        parts.append(self.text[self.statements[-1].after if self.statements else 0 :])
        stripped = (part.strip().lstrip("; \t\r\n") for part in parts)
        return tuple(part for part in stripped if part)


def split_migration(migration: Migration) -> SplitText | Problem:
    """Split a migration's text; return the problem, with its place, where PostgreSQL cannot parse it."""
    return migration.problem if migration.problem is not None else split_file(migration.file, migration.text)


def split_file(file: str, text: str) -> SplitText | Problem:
    """Split the text of a file; return the problem, with its place, where PostgreSQL cannot parse it."""
    from postgast import PgQueryError

    try:
        return split_text(text)
    except PgQueryError as error:
        return _explain(file, text, error.message, error.cursorpos)


def split_text(text: str) -> SplitText:
    """Split ``text``. Raises ``postgast.PgQueryError``, whose ``cursorpos`` counts characters from 1."""
    from postgast import split

    statements: list[Statement] = []
    lead = 0
    for source in split(text):
        start = _find(text, source, lead)
        end = start + len(source)
        following = skip_blank(text, end)
        after = following + 1 if text.startswith(";", following) else end
        statements.append(Statement(lead, start, end, after))
        lead = after
    return SplitText(text, tuple(statements))


def _find(text: str, source: str, offset: int) -> int:
    """Return where ``source`` stands at or after ``offset``.

    The splitter gives texts without offsets, but it drops nothing between them except semicolons, blanks and
    comments, and a text begins with its first token.
    """
    while not text.startswith(source, offset):
        following = skip_blank(text, offset)
        if following == offset and not text.startswith(";", offset):
            raise AssertionError(f"a statement is not where the splitter says: offset {offset}")
        offset = following + 1 if text.startswith(";", following) else following
    return offset


def _explain(file: str, text: str, message: str, cursor: int) -> Problem:
    """Turn the parser's word into the problem a person has."""
    # postgast documents a byte offset, but the parser counts characters (parser_errposition in PostgreSQL's
    # src/backend/parser/parse_node.c); the tests hold it with multi-byte text before the error.
    offset = max(cursor - 1, 0)
    place = place_at(file, text, offset)
    copy = _copy_before(text, offset)
    if copy is not None:
        return _copy_problem(place_at(file, text, copy))
    if text.startswith("\\", offset):
        return Problem(
            "psql-meta-command",
            "a psql meta-command is not SQL and cannot be sent",
            "Remove the line; pg_dump writes such lines for psql alone.",
            place,
        )
    lookalike = _lookalike_at(text, offset)
    if lookalike is not None:
        shown = unicodedata.name(lookalike, f"U+{ord(lookalike):04X}").lower()
        return Problem(
            "syntax", f"{_named(message)} (it holds a {shown})", "Replace that character by plain text.", place
        )
    return Problem("syntax", _named(message), "Correct the statement; nothing was sent.", place)


def _copy_before(text: str, offset: int) -> int | None:
    """Return where the first COPY … FROM stdin before a syntax error stands, None if there is none.

    Its data is what the parser stumbles over.
    """
    return next(
        (found.start() for found in _COPY_FROM_STDIN.finditer(text, 0, offset) if _is_statement(text, found)), None
    )


def _is_statement(text: str, found: re.Match[str]) -> bool:
    """Tell whether the words of a match are a statement; they may stand in a body or a comment as well."""
    # Options may hold a semicolon in quotes, so the first one need not be the statement's end.
    ends = islice(re.finditer(r";|\Z", text[found.end() :]), 4)
    return any(_last_start(text[: found.end() + end.start()]) == found.start() for end in ends)


def _last_start(text: str) -> int | None:
    """Return where the last statement of a text begins, None if it has none or cannot be parsed."""
    from postgast import PgQueryError

    try:
        statements = split_text(text).statements
    except PgQueryError:
        return None
    return statements[-1].start if statements else None


def _lookalike_at(text: str, offset: int) -> str | None:
    """Return the first character of the word at ``offset`` that only looks like a blank, a quote or nothing."""
    word = _WORD.match(text, offset)
    return next((each for each in word[0] if each in _LOOKALIKES), None) if word is not None else None


def _named(message: str) -> str:
    return f"PostgreSQL cannot parse it: {message}"


def copy_problem(migration: Migration, offset: int) -> Problem:
    """Return the refusal of a COPY … FROM stdin at ``offset``: its data cannot travel in SQL."""
    return _copy_problem(place_at(migration.file, migration.text, offset))


def _copy_problem(place: Place) -> Problem:
    return Problem(
        "copy-from-stdin",
        "COPY … FROM stdin needs a connection that streams data",
        "Write the rows as INSERT … VALUES (pg_dump --inserts does).",
        place,
    )
