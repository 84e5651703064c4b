"""Tell an edited file from one that only looks different from its stored text."""

from collections.abc import Sequence

_COMMENTS = frozenset({"SQL_COMMENT", "C_COMMENT"})


def same_text(stored: Sequence[str], text: str) -> bool:
    """Return whether the stored statements and a file's text are the same SQL.

    Blanks, comments, semicolons between statements and the case of keywords do not count outside of quotes and
    dollar bodies, and neither does how a splitter cut the text (rows of the official CLI hold one element a
    statement, rows of its MCP server one element in all); line ends count nowhere.
    """
    return _tokens("\n;\n".join(stored)) == _tokens(text)


def _tokens(text: str) -> list[bytes]:
    from postgast import PgQueryError, scan
    from postgast.pg_query_pb2 import Token

    unified = text.replace("\r\n", "\n")
    raw = unified.encode()
    try:
        scanned = scan(unified).tokens
    except PgQueryError:
        # Text that cannot even be scanned is compared as it is.
        return [unified.strip().encode()]
    tokens: list[bytes] = []
    for token in scanned:
        if Token.Name(token.token) in _COMMENTS or raw[token.start : token.end] == b";":
            continue
        word = raw[token.start : token.end]
        tokens.append(word.lower() if token.keyword_kind else word)
    return tokens
