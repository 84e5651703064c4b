"""Read what bounds a transaction, gives it its options, or sets the session up for what follows."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast.pg_query_pb2 import Node

_ISOLATION_LEVELS = frozenset({"serializable", "repeatable read", "read committed", "read uncommitted"})
# A set_config of two literals that lasts for the session; it may be repeated without another effect.
_SET_CONFIG = re.compile(
    r"select\s+(?:pg_catalog\s*\.\s*)?set_config\s*\(\s*'[^']*'\s*,\s*'[^']*'\s*,\s*(?:false|'f(?:alse)?')\s*\)\s*\Z",
    re.IGNORECASE,
)


def transaction_kind(node: "Node | None") -> str:
    """Return which transaction statement this is, `BEGIN`, `ROLLBACK_TO` and the like, or ''."""
    if node is None or not node.HasField("transaction_stmt"):
        return ""
    from postgast.pg_query_pb2 import TransactionStmtKind

    return str(TransactionStmtKind.Name(node.transaction_stmt.kind)).removeprefix("TRANS_STMT_")


def begin_options(nodes: "Iterable[Node | None]") -> str:
    """Return what a BEGIN or a SET TRANSACTION asks for, as it stands behind a BEGIN; the last word holds."""
    options: dict[str, str] = {}
    for node in nodes:
        for name, value in _transaction_options(node):
            if name == "transaction_isolation" and value in _ISOLATION_LEVELS:
                options["isolation"] = f"isolation level {value}"
            elif name == "transaction_deferrable":
                options["deferrable"] = "deferrable" if value == "1" else "not deferrable"
    return ", ".join(options.values())


def read_only_at(node: "Node | None") -> bool:
    """Return whether a BEGIN or a SET TRANSACTION asks for READ ONLY."""
    return ("transaction_read_only", "1") in _transaction_options(node)


def session_setting(source: str, node: "Node | None") -> str | None:
    """Return a statement's text if it sets the session up for what follows and can be repeated, else None."""
    if node is None:
        return None
    if node.HasField("variable_set_stmt"):
        statement = node.variable_set_stmt
        of_transaction = statement.name in ("TRANSACTION", "TRANSACTION SNAPSHOT", "SESSION CHARACTERISTICS")
        return None if statement.is_local or of_transaction else source
    return source if node.HasField("select_stmt") and _SET_CONFIG.match(source) else None


def _transaction_options(node: "Node | None") -> list[tuple[str, str]]:
    if transaction_kind(node) in ("BEGIN", "START") and node is not None:
        items = node.transaction_stmt.options
    elif node is not None and node.HasField("variable_set_stmt") and node.variable_set_stmt.name == "TRANSACTION":
        items = node.variable_set_stmt.args
    else:
        return []
    options: list[tuple[str, str]] = []
    for item in items:
        constant = item.def_elem.arg.a_const
        value = constant.sval.sval.lower() if constant.HasField("sval") else str(constant.ival.ival)
        options.append((item.def_elem.defname, value))
    return options
