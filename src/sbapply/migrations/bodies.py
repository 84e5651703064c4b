"""Look into the bodies of DO blocks."""

from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

# What a plpgsql statement can follow (the grammar of PostgreSQL's src/pl/plpgsql/src/pl_gram.y).
_BEFORE_STATEMENT = frozenset({"ASCII_59", "BEGIN_P", "THEN", "ELSE", "loop", ">>"})
# Behind one of these nobody can tell whether a statement is reached.
_BRANCHES = frozenset(
    {*("IF_P", "CASE", "FOR", "RETURN"), *("foreach", "while", "loop", "exit", "raise", "exception")}
)


class Commits(Enum):
    """Name whether a body ends a transaction: never, on some path, or on the only one."""

    NEVER = auto()
    PERHAPS = auto()
    SURELY = auto()


def body_of_do(node: "Node") -> str | None:
    """Return the body of a DO block in plpgsql, None for another language or another statement."""
    if not node.HasField("do_stmt"):
        return None
    values = {item.def_elem.defname: item.def_elem.arg.string.sval for item in node.do_stmt.args}
    return str(values.get("as", "")) if values.get("language", "plpgsql").lower() == "plpgsql" else None


def commits_of(body: str) -> Commits:
    """Tell whether a plpgsql body holds a COMMIT or ROLLBACK as a statement of its own.

    A word in a string, a comment, or the middle of a query is none. What cannot be scanned has none.
    """
    from postgast import PgQueryError, scan
    from postgast.pg_query_pb2 import Token

    try:
        tokens = scan(body).tokens
    except PgQueryError:
        return Commits.NEVER
    raw = body.encode()
    before = "ASCII_59"
    branched = False
    for token in tokens:
        name = str(Token.Name(token.token))
        if name in ("SQL_COMMENT", "C_COMMENT"):
            continue
        if name in ("COMMIT", "ROLLBACK") and before in _BEFORE_STATEMENT:
            return Commits.PERHAPS if branched else Commits.SURELY
        # What SQL's scanner has no name for is told by its text: plpgsql's own keywords, and the end of a label.
        before = raw[token.start : token.end].decode().lower() if name in ("IDENT", "Op") else name
        branched = branched or before in _BRANCHES
    return Commits.NEVER
