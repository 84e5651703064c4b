"""Turn the stored statements of a row into the text of a file."""

from collections.abc import Sequence

_COMMENTS = frozenset({"SQL_COMMENT", "C_COMMENT"})


def text_of(stored: Sequence[str]) -> str:
    """Return the text that the official CLI's ``migration fetch`` writes for a row, byte for byte."""
    return ";\n".join(stored) + ";\n"


def hides_semicolon(stored: Sequence[str]) -> bool:
    """Return whether in ``text_of(stored)`` two statements run into one, because the first ends in a comment.

    ``select 1 -- one`` and a semicolon on a line of its own are stored without the semicolon, and the one that
    comes back stands behind the comment, in its line.
    """
    open_before = False
    for text in stored:
        kinds = _kinds(text)
        has_words = any(kind not in _COMMENTS for kind in kinds)
        if open_before and has_words:
            return True
        if has_words:
            open_before = kinds[-1] == "SQL_COMMENT"
    return False


def _kinds(text: str) -> list[str]:
    from postgast import PgQueryError, scan
    from postgast.pg_query_pb2 import Token

    try:
        return [Token.Name(token.token) for token in scan(text).tokens]
    except PgQueryError:
        # What cannot even be scanned is no comment.
        return ["unknown"]
