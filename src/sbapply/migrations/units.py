"""Decide how a migration's text is sent: as one transaction, or not yet at all, by name."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sbapply.errors import Place
from sbapply.migrations.directives import Directives
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.statements import SplitText, Statement, copy_problem
from sbapply.migrations.text import place_at
from sbapply.migrations.unit import Effect, Hints, Lone, Unit

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

# Only statements that begin with one of these can bound a transaction, change it, or be unable to run in one;
# no other is parsed, which keeps a migration of thousands of INSERTs cheap.
_TELLING_WORDS = frozenset(
    {
        *("begin", "start", "commit", "end", "rollback", "abort", "prepare", "savepoint", "release"),
        *("set", "copy", "create", "drop", "alter", "reindex", "vacuum", "cluster", "discard"),
    }
)
_ISOLATION_LEVELS = frozenset({"serializable", "repeatable read", "read committed", "read uncommitted"})


def units_of(
    migration: Migration,
    split: SplitText,
    *,
    directives: Directives | None = None,
    done: int = 0,
    hints: Hints | None = None,
) -> "tuple[Unit, ...] | Problem":
    """TEMPORARY."""
    hints = hints or Hints()
    nodes = [_parse(split, each) for each in split.statements]
    text = split.text
    units: list[Unit] = []
    first = start = 0
    options = ""
    block = False

    def close(last: int, end: int, reach: int) -> None:
        nonlocal first, start
        if last > first or block:
            units.append(Unit(start, end, reach, first, last, options))
        first, start = last, reach

    for index, (statement, node) in enumerate(zip(split.statements, nodes, strict=True)):
        kind = _transaction_kind(node)
        if kind in ("BEGIN", "START") and not block:
            close(index, statement.lead, statement.lead)
            block, first, start = True, index + 1, statement.after
            options = ", ".join(
                f"isolation level {v}" for n, v in _transaction_options(node) if n == "transaction_isolation"
            )
        elif kind == "COMMIT":
            close(index, statement.start, statement.after)
            block, first, start, options = False, index + 1, statement.after, ""
        elif kind and kind not in ("SAVEPOINT", "RELEASE", "ROLLBACK_TO"):
            return Problem(
                "transaction-control", kind, "Remove it.", place_at(migration.file, text, statement.start)
            )
        else:
            lone = _lone(split, statement, node) or (
                Lone("DO that commits", Effect.ONCE) if index in hints.lone else None
            )
            if lone is not None:
                close(index, statement.lead, statement.lead)
                units.append(Unit(statement.start, statement.end, statement.after, index, index + 1, "", lone))
                first, start = index + 1, statement.after
            elif node is not None and node.HasField("alter_enum_stmt") and not block:
                value = node.alter_enum_stmt.new_val
                if value and f"'{value}'" in text[statement.after :]:
                    close(index + 1, statement.after, statement.after)
    if (start < len(text) and len(split.statements) > first) or not units:
        units.append(Unit(start, len(text), len(text), first, len(split.statements), options))
    else:
        from dataclasses import replace

        units[-1] = replace(units[-1], reach=len(text))
    left = tuple(unit for unit in units if unit.reach > done)
    return left or (Unit(len(text), len(text), len(text), len(split.statements), len(split.statements)),)


def suspects(split: SplitText, unit: Unit, sqlstate: str, message: str) -> frozenset[int]:
    """TEMPORARY."""
    return frozenset(
        index
        for index in range(unit.first, unit.last)
        if split.source(split.statements[index]).lower().startswith(("do", "call"))
    )


def _lone(split: SplitText, statement: Statement, node: "Node | None") -> Lone | None:
    if node is None:
        return None
    what = lone_reason(node)
    if what is None:
        return None
    if node.HasField("index_stmt"):
        from postgast import deparse, parse

        index = node.index_stmt
        tree = parse(split.source(statement))
        alike = tree.stmts[0].stmt.index_stmt
        alike.concurrent = alike.if_not_exists = False
        alike.idxname = ""
        alike.relation.schemaname = "pg_temp"
        source = split.source(statement)
        return Lone(
            what,
            Effect.BUILD,
            index.relation.schemaname or None,
            index.relation.relname,
            index.idxname or None,
            index.if_not_exists,
            source.lower().index("concurrently") + 12,
            deparse(tree),
        )
    if node.HasField("drop_stmt"):
        names = [item.string.sval for item in node.drop_stmt.objects[0].list.items]
        return Lone(
            what, Effect.DROP, names[-2] if len(names) > 1 else None, None, names[-1], node.drop_stmt.missing_ok
        )
    if what.startswith(("VACUUM", "REINDEX")):
        return Lone(what, Effect.REPEAT)
    return Lone(what, Effect.ONCE)


def _parse(split: SplitText, statement: Statement) -> "Node | None":
    """Return the parse tree of a statement that may matter here, else None."""
    source = split.source(statement)
    head = source[:10].lower()
    word = head[: next((at for at, character in enumerate(head) if not character.isalpha()), len(head))]
    if word not in _TELLING_WORDS:
        return None
    from postgast import parse

    return parse(source).stmts[0].stmt


def _transaction_kind(node: "Node | None") -> str:
    """Return which transaction statement this is, `BEGIN`, `ROLLBACK_TO` and the like, or ''."""
    if node is None or not node.HasField("transaction_stmt"):
        return ""
    from postgast.pg_query_pb2 import TransactionStmtKind

    return str(TransactionStmtKind.Name(node.transaction_stmt.kind)).removeprefix("TRANS_STMT_")


def _wraps_whole_file(nodes: Sequence["Node | None"]) -> bool:
    if len(nodes) < 2:
        return False
    last = nodes[-1]
    opens = _transaction_kind(nodes[0]) in ("BEGIN", "START")
    return opens and last is not None and _transaction_kind(last) == "COMMIT" and not last.transaction_stmt.chain


def _begin_options(
    migration: Migration, split: SplitText, nodes: Sequence["Node | None"], *, wrapped: bool
) -> str | Problem:
    """Collect the options of the file's own BEGIN and of a leading SET TRANSACTION.

    They must stand behind our BEGIN, because our own statements run before the file's first one.
    """
    leading = 1 if wrapped else 0
    options: dict[str, str] = {}
    for index, node in enumerate(nodes[: leading + 1]):
        for name, value in _transaction_options(node):
            if name == "transaction_isolation" and value in _ISOLATION_LEVELS:
                options["isolation"] = f"isolation level {value}"
            elif name == "transaction_deferrable":
                options["deferrable"] = "deferrable" if value == "1" else "not deferrable"
            elif name == "transaction_read_only" and value == "1":
                return Problem(
                    "read-only-transaction",
                    "its transaction is READ ONLY, so its version row cannot be written in it",
                    "Remove READ ONLY.",
                    place_at(migration.file, split.text, split.statements[index].start),
                )
    return ", ".join(options.values())


def _transaction_options(node: "Node | None") -> list[tuple[str, str]]:
    if _transaction_kind(node) in ("BEGIN", "START") and node is not None:
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


def _refusal(migration: Migration, statement: Statement, node: "Node | None") -> Problem | None:
    if node is None:
        return None
    if node.HasField("copy_stmt") and node.copy_stmt.is_from and not node.copy_stmt.filename:
        return copy_problem(migration, statement.start)
    place = place_at(migration.file, migration.text, statement.start)
    if node.HasField("transaction_stmt"):
        return _refuse_transaction_control(_transaction_kind(node), place)
    lone = lone_reason(node)
    if lone is None:
        return None
    return Problem(
        "no-transaction",
        f"{lone} cannot run inside a transaction, and this version sends every migration in one",
        "Run it by itself with `sbapply query --write`, or use a form that a transaction allows.",
        place,
    )


def _refuse_transaction_control(kind: str, place: Place) -> Problem | None:
    if kind in ("SAVEPOINT", "RELEASE", "ROLLBACK_TO"):
        return None
    if kind in ("BEGIN", "START", "COMMIT"):
        return Problem(
            "transaction-boundary",
            f"{kind} here splits it into several transactions, which this version does not send",
            "Split the file there, or put one BEGIN…COMMIT around the whole of it.",
            place,
        )
    word = {"PREPARE": "PREPARE TRANSACTION"}.get(kind, kind.replace("_", " "))
    return Problem(
        "transaction-control",
        f"{word} would undo or detach the migration's own version row",
        "Remove it; RAISE EXCEPTION in a DO block makes a migration fail.",
        place,
    )


def lone_reason(node: "Node") -> str | None:
    """Name the statement if PostgreSQL refuses it inside a transaction block, else return None.

    The list follows the callers of PreventInTransactionBlock in PostgreSQL's src/backend.
    """
    reason = _LONE.get(node.WhichOneof("node") or "")
    return reason(node) if reason is not None else None


def _lone_reindex(node: "Node") -> str | None:
    from postgast.pg_query_pb2 import REINDEX_OBJECT_INDEX, REINDEX_OBJECT_TABLE

    statement = node.reindex_stmt
    if any(item.def_elem.defname == "concurrently" for item in statement.params):
        return "REINDEX CONCURRENTLY"
    narrow = statement.kind in (REINDEX_OBJECT_INDEX, REINDEX_OBJECT_TABLE)
    return None if narrow else "REINDEX of a schema, database or system"


def _lone_alter_table(node: "Node") -> str | None:
    for item in node.alter_table_stmt.cmds:
        definition = getattr(item.alter_table_cmd, "def")
        if definition.HasField("partition_cmd") and definition.partition_cmd.concurrent:
            return "DETACH PARTITION CONCURRENTLY"
    return None


def _lone_discard(node: "Node") -> str | None:
    from postgast.pg_query_pb2 import DISCARD_ALL

    return "DISCARD ALL" if node.discard_stmt.target == DISCARD_ALL else None


def _lone_create_subscription(node: "Node") -> str | None:
    options = _switches(node.create_subscription_stmt.options)
    # What is not connected makes no slot (parse_subscription_options in src/backend/commands/subscriptioncmds.c).
    makes_slot = options.get("create_slot", options.get("connect", True))
    return "CREATE SUBSCRIPTION that makes a replication slot" if makes_slot else None


def _lone_alter_subscription(node: "Node") -> str | None:
    from postgast.pg_query_pb2 import (
        ALTER_SUBSCRIPTION_ADD_PUBLICATION,
        ALTER_SUBSCRIPTION_DROP_PUBLICATION,
        ALTER_SUBSCRIPTION_OPTIONS,
        ALTER_SUBSCRIPTION_REFRESH,
        ALTER_SUBSCRIPTION_SET_PUBLICATION,
    )

    statement = node.alter_subscription_stmt
    options = _switches(statement.options)
    if statement.kind == ALTER_SUBSCRIPTION_REFRESH:
        return "ALTER SUBSCRIPTION … REFRESH"
    if statement.kind == ALTER_SUBSCRIPTION_OPTIONS:
        return "ALTER SUBSCRIPTION of failover or two_phase" if {"failover", "two_phase"} & options.keys() else None
    of_publications = (
        ALTER_SUBSCRIPTION_SET_PUBLICATION,
        ALTER_SUBSCRIPTION_ADD_PUBLICATION,
        ALTER_SUBSCRIPTION_DROP_PUBLICATION,
    )
    refreshes = statement.kind in of_publications and options.get("refresh", True)
    return "ALTER SUBSCRIPTION … PUBLICATION with refresh" if refreshes else None


def _switches(options: Iterable["Node"]) -> dict[str, bool]:
    """Return the options of a statement as switches, as PostgreSQL's defGetBoolean reads them."""
    off = ("false", "off", "0")
    return {item.def_elem.defname: _word_of(item.def_elem.arg).lower() not in off for item in options}


def _word_of(argument: "Node") -> str:
    match argument.WhichOneof("node"):
        case "string":
            return str(argument.string.sval)
        case "integer":
            return str(argument.integer.ival)
        case "boolean":
            return str(argument.boolean.boolval)
        case "type_name":
            return str(argument.type_name.names[-1].string.sval)
        case _:
            return ""


def _lone_alter_database(node: "Node") -> str | None:
    moved = any(item.def_elem.defname == "tablespace" for item in node.alter_database_stmt.options)
    return "ALTER DATABASE … SET TABLESPACE" if moved else None


_LONE: dict[str, Callable[["Node"], str | None]] = {
    "index_stmt": lambda node: "CREATE INDEX CONCURRENTLY" if node.index_stmt.concurrent else None,
    "drop_stmt": lambda node: "DROP INDEX CONCURRENTLY" if node.drop_stmt.concurrent else None,
    "reindex_stmt": _lone_reindex,
    "vacuum_stmt": lambda node: "VACUUM" if node.vacuum_stmt.is_vacuumcmd else None,
    "cluster_stmt": lambda node: None if node.cluster_stmt.HasField("relation") else "CLUSTER without a table",
    "discard_stmt": _lone_discard,
    "alter_table_stmt": _lone_alter_table,
    "createdb_stmt": lambda _node: "CREATE DATABASE",
    "dropdb_stmt": lambda _node: "DROP DATABASE",
    "create_table_space_stmt": lambda _node: "CREATE TABLESPACE",
    "drop_table_space_stmt": lambda _node: "DROP TABLESPACE",
    "alter_system_stmt": lambda _node: "ALTER SYSTEM",
    "alter_database_stmt": _lone_alter_database,
    "create_subscription_stmt": _lone_create_subscription,
    "alter_subscription_stmt": _lone_alter_subscription,
    "drop_subscription_stmt": lambda _node: "DROP SUBSCRIPTION",
}
