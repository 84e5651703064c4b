"""Cut a text as the official CLI's splitter does, with its mistakes (apps/cli-go/pkg/parser of supabase/cli).

It knows no \\' in E'' strings, takes a backslash outside of quotes for an escape, closes every parenthesis at the
first that closes one, and BEGIN ATOMIC at the first END.
"""

import re

_TAG = re.compile(r"\$\w*")
_ATOMIC = re.compile(r"(?<![\w$])begin\s+atomic", re.IGNORECASE)
_END = re.compile(r"(?<![\w$])end(?![\w$])", re.IGNORECASE)
_BLOCK = re.compile(r"/\*|\*/")


def official_cut(text: str) -> list[str]:
    """Return the elements that the official CLI stores of a file."""
    cuts, at = [0], 0
    while at < len(text):
        if text[at] == ";":
            cuts.append(at + 1)
        at = _behind(text, at)
    parts = [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    stripped = [part.rstrip(";").strip() for part in parts]
    return [part for part in stripped if part]


def _behind(text: str, at: int) -> int:
    """Return where what begins at ``at``, outside of quotes, is over."""
    if text[at] in "'\"":
        return _behind_quote(text, at)
    if text.startswith("--", at):
        return (text.find("\n", at) + 1) or len(text)
    if text.startswith("/*", at):
        return _behind_block(text, at)
    if text[at] == "$":
        return _behind_dollar(text, at)
    if text[at] == "\\":
        return at + 2
    if text[at] == "(":
        return _behind_parenthesis(text, at + 1)
    atomic = _ATOMIC.match(text, at)
    return _behind_atomic(text, atomic.end()) if atomic is not None else at + 1


def _behind_quote(text: str, at: int) -> int:
    quote, at = text[at], at + 1
    while at < len(text):
        end = text.find(quote, at)
        if end < 0:
            return len(text)
        if not text.startswith(quote, end + 1):
            return end + 1
        at = end + 2
    return len(text)


def _behind_block(text: str, at: int) -> int:
    depth = 0
    for found in _BLOCK.finditer(text, at):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return len(text)


def _behind_dollar(text: str, at: int) -> int:
    tag = _TAG.match(text, at)
    assert tag is not None
    if not text.startswith("$", tag.end()):
        return tag.end()
    delimiter = f"{tag[0]}$"
    end = text.find(delimiter, tag.end() + 1)
    return end + len(delimiter) if end >= 0 else len(text)


def _behind_parenthesis(text: str, at: int) -> int:
    while at < len(text):
        if text[at] == ")":
            return at + 1
        inner = text[at] == "("
        at = _behind(text, at)
        if inner:
            return at
    return at


def _behind_atomic(text: str, at: int) -> int:
    while at < len(text):
        if _END.match(text, at) is not None:
            return at + 3
        at = _behind(text, at)
    return at
