"""Tell which statements may change rows that stand on the project, and see through the plain ones."""

import re
from typing import TYPE_CHECKING, Any

from sbapply.database import Json
from sbapply.migrations.bodies import body_of_do
from sbapply.preflight.tables import Step
from sbapply.preflight.trees import Name, columns_in, functions_in, messages_in, names_of, text_of
from sbapply.quoting import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgast.pg_query_pb2 import Node, RangeVar

_WRITES = re.compile(r"\b(?:update|delete|insert|merge|truncate|execute|perform|call|copy)\b", re.IGNORECASE)
# What migrations call in a SELECT of their own that changes no row of a table.
_HARMLESS = frozenset(
    {
        *("set_config", "current_setting", "setval", "nextval", "currval", "now", "clock_timestamp", "version"),
        *("count", "max", "min", "coalesce", "pg_sleep", "pg_notify", "pg_advisory_lock", "pg_advisory_xact_lock"),
        *("pg_get_serial_sequence", "to_regclass", "format", "schedule", "unschedule", "txid_current", "exists"),
    }
)
_STATEMENTS = {
    "UpdateStmt": "relation",
    "DeleteStmt": "relation",
    "InsertStmt": "relation",
    "MergeStmt": "relation",
}


def may_change_anything(node: "Node") -> bool:
    """Tell whether a statement runs code of which nobody can tell what rows it changes.

    A DELETE or a TRUNCATE … CASCADE counts among them: what refers to its rows may go with them.
    """
    from postgast.pg_query_pb2 import DROP_CASCADE

    match node.WhichOneof("node"):
        case "do_stmt":
            body = body_of_do(node)
            return body is None or _WRITES.search(body) is not None
        case "call_stmt" | "execute_stmt" | "delete_stmt":
            return True
        case "truncate_stmt":
            return bool(node.truncate_stmt.behavior == DROP_CASCADE)
        case "select_stmt":
            return any(_may_write(name) for name in functions_in(node))
        case _:
            return False


def _may_write(name: Name) -> bool:
    return name[0] != "pg_catalog" and name[-1] not in _HARMLESS


def tables_changed(node: "Node") -> "Iterator[RangeVar]":
    """Yield the tables whose rows a statement, or one within it, changes."""
    if node.HasField("truncate_stmt"):
        yield from (each.range_var for each in node.truncate_stmt.relations)
        return
    if node.HasField("create_function_stmt"):
        return
    for message in messages_in(node):
        if message.DESCRIPTOR.name in _STATEMENTS:
            yield message.relation


def step_of(node: "Node") -> Step | None:
    """Return what a plain UPDATE, DELETE or TRUNCATE does to its table's rows; None where that cannot be seen."""
    match node.WhichOneof("node"):
        case "update_stmt":
            return _update(node.update_stmt)
        case "delete_stmt":
            return _delete(node.delete_stmt)
        case "truncate_stmt":
            return Step({"do": "keep", "where": "false"})
        case _:
            return None


def _update(statement: Any) -> Step | None:
    if statement.from_clause or statement.HasField("with_clause"):
        return None
    columns: dict[str, Json] = {}
    for item in statement.target_list:
        target = item.res_target
        if target.indirection or target.val.WhichOneof("node") in ("multi_assign_ref", "set_to_default"):
            return None
        columns[target.name] = text_of(target.val)
    told: dict[str, Json] = {"do": "set", "columns": columns, "where": _condition(statement)}
    read = columns_in(statement)
    return Step(
        _with_alias(told, statement.relation),
        frozenset(columns),
        None if read is None else (*read, *columns),
        functions_in(statement),
    )


def _delete(statement: Any) -> Step | None:
    if statement.using_clause or statement.HasField("with_clause"):
        return None
    condition = _condition(statement)
    told: dict[str, Json] = {"do": "keep", "where": f"({condition}) is not true" if condition else "false"}
    return Step(
        _with_alias(told, statement.relation), reads=columns_in(statement), functions=functions_in(statement)
    )


def _condition(statement: Any) -> str | None:
    return text_of(statement.where_clause) if statement.HasField("where_clause") else None


def _with_alias(told: dict[str, Json], relation: "RangeVar") -> dict[str, Json]:
    return told | {"alias": relation.alias.aliasname or relation.relname}


def search_path_of(node: "Node") -> tuple[str | None] | None:
    """Return the search_path that a statement sets, None in it for the session's own; None if it sets none."""
    from postgast.pg_query_pb2 import VAR_RESET_ALL, VAR_SET_VALUE

    if node.HasField("variable_set_stmt"):
        statement = node.variable_set_stmt
        if statement.kind == VAR_RESET_ALL:
            return (None,)
        if statement.name != "search_path":
            return None
        if statement.kind != VAR_SET_VALUE:
            return (None,)
        names = [str(each.a_const.sval.sval) for each in statement.args]
        return (", ".join(quote_identifier(name) for name in names if name),)
    if node.HasField("discard_stmt"):
        return (None,)
    if node.HasField("select_stmt"):
        for item in node.select_stmt.target_list:
            call = item.res_target.val.func_call
            if names_of(call.funcname)[-1:] == ("set_config",) and len(call.args) == 3:
                name, value = (each.a_const.sval.sval for each in call.args[:2])
                if name == "search_path" and call.args[1].HasField("a_const"):
                    return (str(value),)
    return None
