"""Walk a parse tree for what only newer versions of PostgreSQL take; imported only where a text has a sign of it.

The rules follow the differences between gram.y of PostgreSQL 15, 16, 17 and 18, and the options that the commands
behind it know; the tests hold each against real servers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sbapply.migrations.newer_bodies import Token, tokens_of
from sbapply.migrations.newer_commands import COMMAND_RULES
from sbapply.migrations.newer_queries import QUERY_RULES
from sbapply.migrations.newer_signs import has_new_number
from sbapply.migrations.newer_tree import Scope, Tree, children, first_place

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

_RULES = QUERY_RULES | COMMAND_RULES
_NEW_NUMBER = re.compile(r"0[xob][0-9a-f_]+|(?:[0-9_]*\.)?[0-9]+_[0-9_.e+-]*|[0-9_.]+e[+-]?[0-9]*_[0-9_]*")


@dataclass(frozen=True, slots=True)
class Found:
    """Name one newer thing, the version that brought it, and where it stands in its text, in characters."""

    what: str
    since: int
    at: int

    def moved(self, shift: int) -> "Found":
        """Return it with its place ``shift`` characters further on."""
        return replace(self, at=max(self.at + shift, 0))


def found_in(node: "Node", scope: Scope, start: int = 0) -> Iterator[Found]:
    """Yield what is newer than PostgreSQL 15 in a tree, where ``start`` is where it begins in bytes."""
    raw = scope.source.encode()
    ascii_only = len(raw) == len(scope.source)
    for what, since, at in _walk(getattr(node, str(node.WhichOneof("node"))), scope, start):
        yield Found(what, since, at if ascii_only else len(raw[:at].decode(errors="ignore")))
    if has_new_number(raw):
        yield from (
            Found(f"the number {scope.source[token.start : token.end]}", 16, token.start)
            for token in tokens_of(scope.source)
            if _NEW_NUMBER.fullmatch(token.text)
        )


def found_in_plpgsql(tokens: Sequence[Token]) -> Iterator[Found]:
    """Yield what is newer in the parts of a body that are PL/pgSQL's own."""
    words = [token.text for token in tokens]
    for index, word in enumerate(words):
        if (
            word == "%"
            and words[index + 1 : index + 2] in (["type"], ["rowtype"])
            and words[index + 2 :][:1]
            in (
                ["["],
                ["array"],
            )
        ):
            yield Found(f"%{words[index + 1].upper()} of an array in PL/pgSQL", 17, tokens[index].start)
        elif word == "pg_routine_oid":
            yield Found("GET DIAGNOSTICS … PG_ROUTINE_OID", 16, tokens[index].start)
        elif word == "open" and words[index + 2 : index + 3] == ["("] and words[index + 4 : index + 5] == ["=>"]:
            yield Found("OPEN of a cursor with arguments named by =>", 18, tokens[index].start)


def _walk(message: Tree, scope: Scope, place: int) -> Iterator[tuple[str, int, int]]:
    own = getattr(message, "location", 0)
    place = own if isinstance(own, int) and own > 0 else place
    kind = message.DESCRIPTOR.name
    rule = _RULES.get(kind)
    if rule is not None:
        for what, since, where in rule(message, scope):
            yield what, since, where if isinstance(where, int) else first_place(where or message) or place
    scope.above.append(kind)
    for child in children(message):
        yield from _walk(child, scope, place)
    scope.above.pop()
