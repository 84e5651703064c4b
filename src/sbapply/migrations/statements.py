"""Split a migration into its statements with PostgreSQL's own parser, keeping offsets in characters."""

import re
import unicodedata
from dataclasses import dataclass

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.text import place_at, skip_blank

_COPY_FROM_STDIN = re.compile(r"^[ \t]*copy\b[^;]*?\bfrom\s+stdin\b", re.IGNORECASE | re.MULTILINE)
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
    if migration.problem is not None:
        return migration.problem
    from postgast import PgQueryError

    try:
        return split_text(migration.text)
    except PgQueryError as error:
        return _explain(migration, error.message, error.cursorpos)


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


def _explain(migration: Migration, message: str, cursor: int) -> Problem:
    """Turn the parser's word into the problem a person has."""
    text = migration.text
    # postgast documents a byte offset, but the parser counts characters (parser_errposition in PostgreSQL's
    # src/backend/parser/parse_node.c); the tests hold it with multi-byte text before the error.
    offset = max(cursor - 1, 0)
    place = place_at(migration.file, text, offset)
    if text.startswith("\\", offset):
        return Problem(
            "psql-meta-command",
            "a psql meta-command is not SQL and cannot be sent",
            "Remove the line; pg_dump writes such lines for psql alone.",
            place,
        )
    copied = [found for found in _COPY_FROM_STDIN.finditer(text) if found.start() <= offset]
    if copied:
        return copy_problem(migration, skip_blank(text, copied[-1].start()))
    character = text[offset : offset + 1]
    if character in _LOOKALIKES and character:
        shown = unicodedata.name(character, f"U+{ord(character):04X}").lower()
        return Problem(
            "syntax", f"{_named(message)} (the character is a {shown})", "Replace it by plain text.", place
        )
    return Problem("syntax", _named(message), "Correct the statement; nothing was sent.", place)


def _named(message: str) -> str:
    return f"PostgreSQL cannot parse it: {message}"


def copy_problem(migration: Migration, offset: int) -> Problem:
    """Return the refusal of a COPY … FROM stdin at ``offset``: its data cannot travel in SQL."""
    return Problem(
        "copy-from-stdin",
        "COPY … FROM stdin needs a connection that streams data",
        "Write the rows as INSERT … VALUES (pg_dump --inserts does).",
        place_at(migration.file, migration.text, offset),
    )
