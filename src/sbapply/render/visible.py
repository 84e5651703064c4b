"""Make text from servers and databases safe to look at."""

import unicodedata

# Control, format (bidirectional marks, zero-width characters), surrogate, line and paragraph separator.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return ``text`` with every control character written out, ``\x1b`` and the like.

    A tab becomes a blank; with ``lines`` a line feed stays.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character, lines=lines) for character in text)


def columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes, once it is visible: wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _shown(character: str, *, lines: bool) -> str:
    if character == "\t":
        return " "
    if character == "\n" and lines:
        return character
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
