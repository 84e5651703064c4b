"""Name the statements that cannot run in a transaction, and say how it can be told what became of them."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from sbapply.migrations.bodies import Commits, body_of_do, commits_of
from sbapply.migrations.statements import SplitText, Statement
from sbapply.migrations.telling import parse_statement
from sbapply.migrations.unit import Effect, Lone, Noting
from sbapply.migrations.words import leading_words

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

_REPEATABLE = frozenset({"vacuum_stmt", "reindex_stmt", "cluster_stmt", "discard_stmt"})
REINDEX_CONCURRENTLY = "REINDEX CONCURRENTLY"
# What it calls can roll back too; nothing else in plpgsql can.
_MAY_ROLL_BACK = re.compile(r"\b(?:rollback|call|do)\b", re.IGNORECASE)
_TEMPORARY_SCHEMA = "pg_temp"


def lone_of(split: SplitText, statement: Statement, node: "Node") -> Lone | None:
    """Return the statement as one that runs alone if PostgreSQL refuses it in a transaction block, else None."""
    what = lone_reason(node)
    return _lone(split, statement, node, what) if what is not None else None


def learned_lone(split: SplitText, statement: Statement) -> Lone:
    """Return as one that runs alone a statement of which only the server could tell."""
    node = parse_statement(split, statement)
    what = lone_reason(node)
    if what is None:
        words = islice(leading_words(split.text, statement.start, statement.end), 2)
        what = " ".join(word.text.upper() for word in words)
        if node.HasField("do_stmt"):
            what = "a DO block that commits"
        elif node.HasField("call_stmt"):
            what = "a CALL of a procedure that commits"
        elif node.HasField("vacuum_stmt"):
            what = "ANALYZE"
    return _lone(split, statement, node, what)


def lone_reason(node: "Node") -> str | None:
    """Name the statement if PostgreSQL refuses it inside a transaction block, else return None.

    The list follows the callers of PreventInTransactionBlock in PostgreSQL's src/backend.
    """
    reason = _LONE.get(node.WhichOneof("node") or "")
    return reason(node) if reason is not None else None


def surely_lone(node: "Node") -> bool:
    """Tell whether PostgreSQL refuses the statement in a block whatever is in the database.

    A DO block that commits on one of its paths only may run in a transaction after all.
    """
    body = body_of_do(node)
    return body is None or commits_of(body) is Commits.SURELY


def _lone(split: SplitText, statement: Statement, node: "Node", what: str) -> Lone:
    if node.HasField("index_stmt"):
        return _build(split, statement, node, what)
    if node.HasField("drop_stmt"):
        return _drop(node, what)
    effect = Effect.REPEAT if node.WhichOneof("node") in _REPEATABLE else Effect.ONCE
    return Lone(what, effect, noting=_noting(node))


def _noting(node: "Node") -> Noting | None:
    """Return how a statement can note how far it has come, None if it is no DO block."""
    if not node.HasField("do_stmt"):
        return None
    body = body_of_do(node)
    return Noting.BEFORE if body is None or _MAY_ROLL_BACK.search(body) else Noting.WITHIN


def _build(split: SplitText, statement: Statement, node: "Node", what: str) -> Lone:
    index = node.index_stmt
    words = leading_words(split.text, statement.start, statement.end)
    name_at = next(word.end for word in words if word.text == "concurrently") - statement.start
    return Lone(
        what,
        Effect.BUILD,
        schema=index.relation.schemaname or None,
        table=index.relation.relname,
        index=index.idxname or None,
        conditional=index.if_not_exists,
        name_at=name_at,
        likeness=_likeness(node),
    )


def _likeness(node: "Node") -> str:
    """Return the same index, as one that is made at once, on the temporary table of the same name."""
    from postgast import deparse
    from postgast.pg_query_pb2 import ParseResult

    tree = ParseResult()
    made = tree.stmts.add().stmt
    made.CopyFrom(node)
    index = made.index_stmt
    index.concurrent = index.if_not_exists = False
    index.idxname = ""
    index.relation.catalogname = ""
    index.relation.schemaname = _TEMPORARY_SCHEMA
    return deparse(tree)


def _drop(node: "Node", what: str) -> Lone:
    from postgast.pg_query_pb2 import DROP_CASCADE

    statement = node.drop_stmt
    if len(statement.objects) != 1 or statement.behavior == DROP_CASCADE:
        # PostgreSQL drops but one so, and without what depends on it; it says so itself.
        return Lone(what, Effect.ONCE)
    names = [str(item.string.sval) for item in statement.objects[0].list.items]
    schema = names[-2] if len(names) > 1 else None
    return Lone(what, Effect.DROP, schema=schema, index=names[-1], conditional=statement.missing_ok)


def _lone_reindex(node: "Node") -> str | None:
    from postgast.pg_query_pb2 import REINDEX_OBJECT_INDEX, REINDEX_OBJECT_TABLE

    statement = node.reindex_stmt
    if any(item.def_elem.defname == "concurrently" for item in statement.params):
        return REINDEX_CONCURRENTLY
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


def _lone_do(node: "Node") -> str | None:
    body = body_of_do(node)
    return "a DO block that commits" if body is not None and commits_of(body) is not Commits.NEVER else None


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
    "do_stmt": _lone_do,
    "drop_subscription_stmt": lambda _node: "DROP SUBSCRIPTION",
}
