"""Tell the statements that cannot run in a transaction, and how each can be settled."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sbapply.migrations.unit import Effect, Lone

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

# A statement of plpgsql begins behind one of these; a COMMIT there ends the caller's transaction.
_COMMITS = re.compile(r"(?:;|\bbegin|\bthen|\belse|\bloop)\s*(?:commit|rollback)\b(?!\s+to\b)", re.IGNORECASE)
_QUOTED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


def lone_of(source: str, node: "Node | None") -> Lone | None:
    """Return how a statement runs alone, None if it can run in a transaction; ``source`` is its text."""
    if node is None:
        return None
    if node.HasField("do_stmt"):
        return Lone("a DO block that commits", Effect.ONCE) if _commits(node) else None
    what = lone_reason(node)
    if what is None:
        return None
    if node.HasField("index_stmt"):
        return _build(what, source, node)
    if node.HasField("drop_stmt") and len(node.drop_stmt.objects) == 1:
        names = [item.string.sval for item in node.drop_stmt.objects[0].list.items]
        schema = names[-2] if len(names) > 1 else None
        return Lone(what, Effect.DROP, schema, None, names[-1], node.drop_stmt.missing_ok)
    again = any(node.HasField(kind) for kind in ("vacuum_stmt", "reindex_stmt", "cluster_stmt", "discard_stmt"))
    return Lone(what, Effect.REPEAT if again else Effect.ONCE)


def forced(source: str) -> Lone:
    """Return how a statement runs alone that the server has refused in a transaction."""
    words = " ".join(source.split()[:2]).upper()
    return Lone(f"{words} …", Effect.ONCE)


def commits_itself(source: str) -> bool:
    """Return whether the body of a DO block holds a COMMIT or ROLLBACK of its own."""
    from postgast import parse

    node = parse(source).stmts[0].stmt
    return node.HasField("do_stmt") and _commits(node)


def _commits(node: "Node") -> bool:
    bodies = [item.def_elem.arg.string.sval for item in node.do_stmt.args if item.def_elem.defname == "as"]
    return any(_COMMITS.search(_QUOTED.sub(" ", body)) for body in bodies)


def _build(what: str, source: str, node: "Node") -> Lone:
    from postgast import deparse, parse, scan
    from postgast.pg_query_pb2 import Token

    index = node.index_stmt
    tree = parse(source)
    alike = tree.stmts[0].stmt.index_stmt
    alike.concurrent = alike.if_not_exists = False
    alike.idxname = ""
    alike.relation.schemaname = "pg_temp"
    alike.relation.catalogname = ""
    ends = (token.end for token in scan(source).tokens if Token.Name(token.token) == "CONCURRENTLY")
    return Lone(
        what,
        Effect.BUILD,
        index.relation.schemaname or None,
        index.relation.relname,
        index.idxname or None,
        index.if_not_exists,
        # The scanner counts bytes.
        len(source.encode()[: next(ends)].decode()),
        deparse(tree),
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
