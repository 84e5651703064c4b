"""Name the statements that PL/pgSQL's EXECUTE refuses: a file that travels in pieces cannot hold them."""

import re

# Transaction control (0A000), and SET TRANSACTION behind a query (25001).
_CONTROL = re.compile(
    r"(?:savepoint|release|rollback\s+to|begin|start\s+transaction|set\s+transaction)\b", re.IGNORECASE
)
# What the parse tree has to tell of; the rest of SELECT and COPY is fine.
_PERHAPS = re.compile(r"(?:select|with)\b.*\binto\b|\(.*\binto\b|copy\b.*\bstdout\b", re.IGNORECASE | re.DOTALL)
_REMOVE = "Take it out"


def refused_by_execute(source: str) -> tuple[str, str] | None:
    """Return what a statement is called and what to do if EXECUTE refuses it, else None.

    ``source`` begins with the statement's first token.
    """
    control = _CONTROL.match(source)
    if control is not None:
        return " ".join(control[0].split()).upper(), _REMOVE
    if _PERHAPS.match(source) is None:
        return None
    from postgast import parse

    node = parse(source).stmts[0].stmt
    if node.HasField("copy_stmt"):
        to_client = not node.copy_stmt.is_from and not node.copy_stmt.filename
        return ("COPY TO STDOUT", _REMOVE) if to_client else None
    select = node.select_stmt
    while select.HasField("larg"):
        select = select.larg
    return ("SELECT INTO", "Write CREATE TABLE … AS in its place") if select.HasField("into_clause") else None
