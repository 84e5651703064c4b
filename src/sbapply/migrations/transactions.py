"""Read a file's own transaction control: where its transactions begin and end, and with which options."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sbapply.errors import Place
from sbapply.migrations.files import Problem

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

OPENS = frozenset({"BEGIN", "START"})
INSIDE = frozenset({"SAVEPOINT", "RELEASE", "ROLLBACK_TO"})
_ISOLATION_LEVELS = frozenset({"serializable", "repeatable read", "read committed", "read uncommitted"})


@dataclass(frozen=True, slots=True)
class Options:
    """Hold the options of a transaction, and in ``read_only_at`` the offset of what makes it READ ONLY."""

    isolation: str = ""
    deferrable: str = ""
    read_only_at: int | None = None

    def behind_begin(self) -> str:
        """Return what stands behind our BEGIN. READ ONLY does not: our own rows are written in the transaction."""
        return ", ".join(filter(None, (self.isolation, self.deferrable)))


def transaction_kind(node: "Node | None") -> str:
    """Return which transaction statement this is, `BEGIN`, `ROLLBACK_TO` and the like, or ''."""
    if node is None or not node.HasField("transaction_stmt"):
        return ""
    from postgast.pg_query_pb2 import TransactionStmtKind

    return str(TransactionStmtKind.Name(node.transaction_stmt.kind)).removeprefix("TRANS_STMT_")


def chains(node: "Node | None") -> bool:
    """Tell whether a COMMIT opens the next transaction."""
    return node is not None and node.HasField("transaction_stmt") and bool(node.transaction_stmt.chain)


def sets_options(node: "Node | None") -> bool:
    """Tell whether a statement is one whose options have to stand behind our BEGIN if it comes first."""
    return transaction_kind(node) in OPENS or _is_set_transaction(node)


def with_options(options: Options, node: "Node | None", offset: int) -> Options:
    """Return ``options`` changed by a BEGIN or a SET TRANSACTION that stands at ``offset``."""
    for name, value in _options_of(node):
        if name == "transaction_isolation" and value in _ISOLATION_LEVELS:
            options = replace(options, isolation=f"isolation level {value}")
        elif name == "transaction_deferrable":
            options = replace(options, deferrable="deferrable" if value == "1" else "not deferrable")
        elif name == "transaction_read_only":
            options = replace(options, read_only_at=offset if value == "1" else None)
    return options


def refuse_control(kind: str, place: Place) -> Problem:
    """Refuse a statement that would undo or detach what is written with the migration."""
    word = {"PREPARE": "PREPARE TRANSACTION"}.get(kind, kind.replace("_", " "))
    return Problem(
        "transaction-control",
        f"{word} would undo or detach the migration's own version row",
        "Remove it; RAISE EXCEPTION in a DO block makes a migration fail.",
        place,
    )


def refuse_chain(place: Place) -> Problem:
    """Refuse a COMMIT AND CHAIN that no BEGIN stands before, as PostgreSQL does."""
    return Problem(
        "transaction-control",
        "COMMIT AND CHAIN can only end a transaction that a BEGIN has begun",
        "Write COMMIT; BEGIN; in its place.",
        place,
    )


def refuse_open(place: Place) -> Problem:
    """Refuse a transaction that the file never commits."""
    return Problem(
        "open-transaction",
        "the transaction that begins here is never committed: COMMIT is missing, and psql would roll it back",
        "Write COMMIT; where it is to end.",
        place,
    )


def refuse_read_only(place: Place) -> Problem:
    """Refuse a last transaction that is READ ONLY."""
    return Problem(
        "read-only-transaction",
        "its transaction is READ ONLY, so its version row cannot be written in it",
        "Remove READ ONLY.",
        place,
    )


def _is_set_transaction(node: "Node | None") -> bool:
    return node is not None and node.HasField("variable_set_stmt") and node.variable_set_stmt.name == "TRANSACTION"


def _options_of(node: "Node | None") -> list[tuple[str, str]]:
    if node is None:
        return []
    if transaction_kind(node) in OPENS:
        items = node.transaction_stmt.options
    elif _is_set_transaction(node):
        items = node.variable_set_stmt.args
    else:
        return []
    options: list[tuple[str, str]] = []
    for item in items:
        constant = item.def_elem.arg.a_const
        value = constant.sval.sval.lower() if constant.HasField("sval") else str(constant.ival.ival)
        options.append((item.def_elem.defname, value))
    return options
