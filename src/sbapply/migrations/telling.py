"""Parse the statements that can decide how a migration is sent, and no others."""

import re
from itertools import islice
from typing import TYPE_CHECKING

from sbapply.migrations.statements import SplitText, Statement
from sbapply.migrations.words import leading_words

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

# What bounds a transaction, sets the session up, or cannot run in a transaction: few, and told by the first word.
_ALWAYS = frozenset(
    {
        *("begin", "start", "commit", "end", "rollback", "abort", "prepare", "savepoint", "release"),
        *("set", "reset", "load", "discard", "declare", "close", "deallocate"),
        *("copy", "reindex", "vacuum", "cluster"),
    }
)
# Statements of which there are thousands in a migration: told by the words that follow the first.
_BY_WORDS = {
    "create": frozenset(
        {"concurrently", "temp", "temporary", "pg_temp", "database", "tablespace", "subscription", "type"}
    ),
    "drop": frozenset({"concurrently", "database", "tablespace", "subscription", "table"}),
    "alter": frozenset({"system", "database", "subscription", "type"}),
}
# `create table if not exists pg_temp.t` has its telling word sixth.
_HEAD = 6
# Statements told by what stands anywhere in them.
_BY_TEXT = {
    "alter": re.compile("concurrently", re.IGNORECASE),
    "do": re.compile(r"\b(?:commit|rollback|add\s+value)\b", re.IGNORECASE),
    "select": re.compile(
        r"\bset_config\b|\binto\s+(?:local\s+|global\s+)?(?:temp|temporary|pg_temp)\b", re.IGNORECASE
    ),
    "values": re.compile(r"\bset_config\b", re.IGNORECASE),
    "with": re.compile(r"\bset_config\b", re.IGNORECASE),
}


def parse_telling(split: SplitText, statement: Statement) -> "Node | None":
    """Return the parse tree of a statement that may matter to how a migration is sent, else None."""
    return parse_statement(split, statement) if _is_telling(split.text, statement) else None


def parse_statement(split: SplitText, statement: Statement) -> "Node":
    """Return the parse tree of a statement."""
    from postgast import parse

    return parse(split.source(statement)).stmts[0].stmt


def _is_telling(text: str, statement: Statement) -> bool:
    words = leading_words(text, statement.start, statement.end)
    first = next(words, None)
    if first is None:
        return False
    if first.text in _ALWAYS:
        return True
    telling = _BY_WORDS.get(first.text)
    if telling is not None and any(word.text in telling for word in islice(words, _HEAD - 1)):
        return True
    pattern = _BY_TEXT.get(first.text)
    return pattern is not None and pattern.search(text, statement.start, statement.end) is not None
