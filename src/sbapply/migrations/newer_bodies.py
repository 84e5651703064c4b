"""Take the SQL out of the bodies of functions and DO blocks, piece by piece, so that each can be parsed.

The parser of PL/pgSQL that comes with postgast knows neither other types nor relations, and refuses a fifth of real
functions for them. Here a body is cut at its tokens; what cannot be parsed in the end is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

# Words of PL/pgSQL in front of an expression.
_BEFORE_EXPRESSION = frozenset(
    {"if", "elsif", "elseif", "while", "return", "perform", "exit", "continue", "assert", "when", "case", "default"}
)
# What ends the head of a statement, by the words that heads begin with; and what is a head by itself.
_HEADS = {
    "then": frozenset({"if", "elsif", "elseif", "when", "case"}),
    "loop": frozenset({"for", "foreach", "while", "loop"}),
    ">>": frozenset({"<<"}),
}
_ALONE = frozenset({"else", "begin", "declare", "exception"})
_QUERIES = frozenset({"select", "insert", "update", "delete", "merge", "with", "values", "table"})
_IN_DEPTH = {"(": 1, "[": 1, ")": -1, "]": -1}


@dataclass(frozen=True, slots=True)
class Body:
    """Hold the body of a function or DO block.

    ``start`` is where it stands in its statement, in characters, None where quotes in it are doubled. ``trigger``
    says that NEW and OLD are variables in it.
    """

    text: str
    language: str
    start: int | None
    trigger: bool = False

    @property
    def asks_version(self) -> bool:
        """Tell whether it looks at the server's version, and so may use what only some have."""
        return "server_version" in self.text.lower() or "version()" in self.text.lower()


@dataclass(frozen=True, slots=True)
class Token:
    """Hold one token of a body: its text in lower case, and where it begins and ends, in characters."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a text to parse, and by how much its offsets differ from those in the body."""

    text: str
    shift: int


def body_in(node: "Node", source: str) -> Body | None:
    """Return the body that a statement holds as a string in SQL or PL/pgSQL, None if it holds none."""
    if node.HasField("create_function_stmt"):
        function = node.create_function_stmt
        options, default = [item.def_elem for item in function.options], "sql"
        returned = function.return_type.names[-1].string.sval if function.return_type.names else ""
        trigger = returned == "trigger"
    elif node.HasField("do_stmt"):
        options, default, trigger = [item.def_elem for item in node.do_stmt.args], "plpgsql", False
    else:
        return None
    language, text = default, None
    for option in options:
        if option.defname == "language":
            language = option.arg.string.sval.lower()
        elif option.defname == "as":
            text = option.arg.list.items[0].string.sval if option.arg.HasField("list") else option.arg.string.sval
    if text is None or language not in ("sql", "plpgsql"):
        return None
    start = source.rfind(text) if text else -1
    return Body(text, language, start if start >= 0 else None, trigger)


def pieces_of(body: Body, tokens: Sequence[Token]) -> Iterator[Piece]:
    """Yield what a body in PL/pgSQL may hold of SQL; of an expression, as a SELECT of it."""
    for part in _parts(tokens):
        yield from _pieces_of_part(body.text, part)


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text without its comments; none where it cannot be scanned."""
    from postgast import PgQueryError, scan
    from postgast.pg_query_pb2 import C_COMMENT, SQL_COMMENT

    try:
        found = scan(text).tokens
    except PgQueryError:
        return []
    raw = text.encode()
    ascii_only = len(raw) == len(text)
    tokens: list[Token] = []
    bytes_before = characters_before = 0
    for each in found:
        if each.token in (SQL_COMMENT, C_COMMENT):
            continue
        if ascii_only:
            start = each.start
        else:
            start = characters_before + len(raw[bytes_before : each.start].decode())
            bytes_before, characters_before = each.start, start
        word = raw[each.start : each.end].decode()
        tokens.append(Token(word.lower(), start, start + len(word)))
    return tokens


def _parts(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Cut at semicolons, and at words of PL/pgSQL that end the head of a statement.

    THEN ends no head within a CASE expression or a MERGE.
    """
    first = cases = 0
    for index, token in enumerate(tokens):
        head = tokens[first].text
        if token.text == "case" and index > first:
            cases += 1
        elif token.text == "end" and cases:
            cases -= 1
        elif token.text == ";" or (not cases and _ends_head(head, token.text)):
            yield tokens[first:index]
            first, cases = index + 1, 0
    yield tokens[first:]


def _ends_head(head: str, word: str) -> bool:
    return head in _HEADS.get(word, ()) or word == head in _ALONE


def _pieces_of_part(text: str, part: Sequence[Token]) -> Iterator[Piece]:
    if not part:
        return
    words = [token.text for token in part]
    end = part[-1].end
    if words[0] in _QUERIES:
        yield Piece(_without_into(text, part), part[0].start)
    elif words[0] == "for" and "in" in words:
        yield from _query_or_expression(text, part[words.index("in") + 1 :])
    elif words[:2] == ["return", "query"]:
        yield from _query_or_expression(text, part[3 if words[2:3] == ["execute"] else 2 :])
    elif words[0] == "open" and "for" in words:
        yield from _query_or_expression(text, part[words.index("for") + 1 :])
    elif words[0] in ("raise", "execute"):
        # Several expressions, of which the first of RAISE may be a level.
        begin = words.index(",") + 1 if words[0] == "raise" and "," in words else 1
        stop = next((index for index, word in enumerate(words) if word in ("using", "into")), len(words))
        yield from _expression(text, part[begin:stop])
        yield from _expression(text, [token for token in part[stop + 1 :] if token.text != "strict"])
    elif ":=" in words:
        yield from _expression(text, part[words.index(":=") + 1 :])
    elif words[0] in _BEFORE_EXPRESSION:
        yield from _expression(text, part[1:])
    elif "default" in words:
        yield from _expression(text, part[words.index("default") + 1 :])
    else:
        yield Piece(text[part[0].start : end], part[0].start)
        yield from _expression(text, part)


def _query_or_expression(text: str, part: Sequence[Token]) -> Iterator[Piece]:
    if part and part[0].text in _QUERIES | {"("}:
        yield Piece(text[part[0].start : part[-1].end], part[0].start)
    else:
        yield from _expression(text, part)


def _expression(text: str, part: Sequence[Token]) -> Iterator[Piece]:
    if part:
        before = "select "
        yield Piece(before + text[part[0].start : part[-1].end].replace("..", ", "), part[0].start - len(before))


def _without_into(text: str, part: Sequence[Token]) -> str:
    """Return a statement with blanks in place of its INTO and the variables behind it."""
    start, end = part[0].start, part[-1].end
    source = text[start:end]
    for index, token in enumerate(part):
        if token.text != "into" or part[index - 1].text in ("insert", "merge"):
            continue
        last = _last_target(part, index + 1)
        source = source[: token.start - start] + " " * (last - token.start) + source[last - start :]
        break
    return source


def _last_target(part: Sequence[Token], index: int) -> int:
    """Return where the list of variables that begins with a token ends."""
    if part[index : index + 1] and part[index].text == "strict":
        index += 1
    depth, needed = 0, True
    while index < len(part):
        text = part[index].text
        depth += _IN_DEPTH.get(text, 0)
        if depth == 0 and text not in ("]", ")"):
            joins = text in (",", ".")
            if not joins and not needed:
                break
            needed = joins
        index += 1
    return part[index - 1].end
