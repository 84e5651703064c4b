"""Tell an edited file from one that only looks different from its stored text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sbapply.history.fetched import text_of

# Where a splitter cut, the semicolon and the blanks around it are gone. Should the cut be inside a literal (the
# official CLI's splitter does not know the \' of an E'' string), this is found again in it.
_JOINT = "\f\n;\n\f"
_QUOTE = re.compile(r"['\"]")
_SEGMENT = re.compile(r"'(?:[^']|'')*'")
_ESCAPED_SEGMENT = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Wording:
    """Hold a text as it is compared: its words, None where PostgreSQL cannot even tell them apart."""

    parts: tuple[str, ...]
    words: tuple[str, ...] | None


def same_text(stored: Sequence[str], text: str) -> bool:
    """Return whether the stored statements and a file's text are the same SQL.

    Blanks, comments, more semicolons than one and the case of keywords and names do not count outside of quotes and
    dollar bodies (Foo and foo are one name to PostgreSQL, which folds them; "Foo" and "foo" are two). How a
    splitter cut the text does not either: rows of the official CLI hold one element a statement, rows of its MCP
    server one element in all. Line ends and a byte order mark count nowhere.
    """
    return same_wording(wording_of(stored), wording_of([text]))


def wording_of(parts: Sequence[str]) -> Wording:
    """Return what ``same_wording`` compares of a row's statements, or of a file's text as the only part."""
    unified = tuple(_LINE_END.sub("\n", part).removeprefix("\ufeff") for part in parts)
    return Wording(unified, _words(_JOINT.join(unified)))


def same_wording(stored: Wording, file: Wording) -> bool:
    """Return whether a row and a file are the same SQL, as ``same_text`` says it."""
    text = "\n".join(file.parts)
    if stored.words is None or file.words is None:
        return _same_letters(stored.parts, text)
    if len(stored.words) == len(file.words) and all(map(_same_word, stored.words, file.words)):
        return True
    if text == text_of(stored.parts):
        # What fetch writes of a row: behind a comment at its end a statement's semicolon is part of that.
        return True
    # Behind a \' that splitter may take what is quoted for what is not, and cut within a comment.
    return "\\'" in text and _same_letters(stored.parts, text)


def _same_word(stored: str, word: str) -> bool:
    if stored == word or _JOINT not in stored:
        return stored == word
    return re.fullmatch(r"\s*;\s*".join(map(re.escape, stored.split(_JOINT))), word) is not None


def _same_letters(parts: Sequence[str], text: str) -> bool:
    """Return whether the parts stand in the text one behind the other, with a semicolon between any two."""
    at = 0
    for number, part in enumerate(stripped for part in parts if (stripped := part.strip("; \t\n"))):
        start = text.find(part, at)
        gap = text[at:start]
        if start < 0 or gap.strip("; \t\n") or (number > 0 and ";" not in gap):
            return False
        at = start + len(part)
    return not text[at:].strip("; \t\n")


def _words(text: str) -> tuple[str, ...] | None:
    """Return the text without what says nothing: blanks, comments, the case outside of quotes, spare semicolons."""
    from postgast import PgQueryError, scan
    from postgast.pg_query_pb2 import Token

    comments = frozenset({Token.SQL_COMMENT, Token.C_COMMENT})
    quoted = frozenset({Token.SCONST, Token.USCONST, Token.BCONST, Token.XCONST, Token.IDENT, Token.UIDENT})
    raw = text.encode()
    # As PostgreSQL folds them in UTF-8: the letters of ASCII alone (downcase_identifier in its scansup.c).
    lowered = raw.lower()
    try:
        tokens = scan(text).tokens
    except PgQueryError:
        return None
    words: list[str] = []
    for token in tokens:
        kind, start, end = token.token, token.start, token.end
        if kind in quoted:
            words += _dressed(raw[start:end].decode(), lowered[start:end].decode())
        elif kind not in comments:
            word = lowered[start:end].decode()
            if word != ";" or (words and words[-1] != ";"):
                words.append(word)
    return tuple(words[:-1] if words[-1:] == [";"] else words)


def _dressed(word: str, lowered: str) -> Sequence[str]:
    """Return a name or a literal with its case where quotes keep it, and a literal in pieces without their gaps."""
    quote = None if word.startswith("$") else _QUOTE.search(word)
    if quote is None:
        return [word if word.startswith("$") else lowered]
    prefix, rest = lowered[: quote.start()], word[quote.start() :]
    if quote[0] == '"':
        return [prefix + rest]
    first, *others = (_ESCAPED_SEGMENT if prefix == "e" else _SEGMENT).findall(rest)
    return [prefix + first, *others]
