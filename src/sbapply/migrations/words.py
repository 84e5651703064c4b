"""Read a statement's words without parsing it, so that only statements that can matter are parsed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sbapply.migrations.text import skip_blank

_WORD = re.compile(r'[^\W\d][\w$]*|"(?:[^"]|"")+"')


@dataclass(frozen=True, slots=True)
class Word:
    """Hold a keyword or an identifier as PostgreSQL reads it (folded, or without its quotes), and where it ends."""

    text: str
    end: int


def leading_words(text: str, offset: int, end: int) -> Iterator[Word]:
    """Yield the words at ``offset``, with nothing but blanks and comments between them."""
    while offset < end:
        found = _WORD.match(text, offset, end)
        if found is None:
            offset = skip_blank(text, offset)
            found = _WORD.match(text, offset, end) if offset < end else None
            if found is None:
                return
        yield Word(_folded(found[0]), found.end())
        offset = found.end()


def words_of(source: str) -> Iterator[str]:
    """Yield every word of a statement, also those in its strings, bodies and comments."""
    return (_folded(found[0]) for found in _WORD.finditer(source))


def _folded(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()
