"""Guess how a text is cut into statements, without PostgreSQL's parser, which takes 80 ms to load.

A guess serves whoever can tell whether it is right: the digest of a stored text is that of its cut too, so a file
whose guess has it is unchanged, whatever was guessed, and only the others are parsed.
"""

import re
from collections.abc import Iterator

# What is stepped over whole, as no semicolon in it ends a statement, and the semicolons that do. Possessive, so
# that a quote that is never closed costs one look.
_STEP = re.compile(
    r"""
    --[^\r\n]*+
    | /\*.*?\*/
    | "[^"]*+"
    | (?<![\w$])[eE]'(?:[^'\\]|\\.|'')*+'
    | '[^']*+'
    | (?<![\w$])\$(?P<tag>\w*+)\$.*?\$(?P=tag)\$
    | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)


def likely_stored(text: str) -> tuple[str, ...]:
    """Return what ``SplitText.stored`` returns for most texts; it cuts within BEGIN ATOMIC … END."""
    stripped = (part.strip().lstrip("; \t\r\n") for part in _parts(text))
    return tuple(part for part in stripped if part)


def _parts(text: str) -> Iterator[str]:
    start = 0
    for step in _STEP.finditer(text):
        if step["end"]:
            yield text[start : step.start()]
            start = step.end()
    yield text[start:]
