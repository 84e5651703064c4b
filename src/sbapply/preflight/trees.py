"""Read expressions in parse trees: their text, and the names that they use."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node, TypeName

Name = tuple[str, ...]


def names_of(nodes: "Iterable[Node]") -> Name:
    """Return the parts of a name."""
    return tuple(str(node.string.sval) for node in nodes)


def text_of(expression: "Node") -> str:
    """Return the text of an expression, as it can stand in a SELECT list."""
    from postgast import deparse
    from postgast.pg_query_pb2 import ParseResult

    tree = ParseResult()
    target = tree.stmts.add().stmt.select_stmt.target_list.add()
    target.res_target.val.CopyFrom(expression)
    return str(deparse(tree).removeprefix("SELECT "))


def cast_text(expression: "Node | None", type_name: "TypeName") -> str:
    """Return the text of an expression, or of a null, as a value of a type."""
    return text_of(_cast(expression, type_name))


def type_text(type_name: "TypeName") -> str:
    """Return the text of a type."""
    return cast_text(None, type_name).removeprefix("NULL::")


def _cast(expression: "Node | None", type_name: "TypeName") -> "Node":
    from postgast.pg_query_pb2 import Node

    node = Node()
    node.type_cast.type_name.CopyFrom(type_name)
    if expression is None:
        node.type_cast.arg.a_const.isnull = True
    else:
        node.type_cast.arg.CopyFrom(expression)
    return node


def messages_in(message: Any) -> Iterator[Any]:
    """Yield every message of a parse tree, from the outside in."""
    pending = [message]
    while pending:
        current = pending.pop()
        yield current
        for descriptor, value in current.ListFields():
            if descriptor.type == descriptor.TYPE_MESSAGE:
                pending.extend([value] if hasattr(value, "ListFields") else value)


def functions_in(expression: Any) -> frozenset[Name]:
    """Return the names of the functions that an expression calls."""
    return frozenset(names_of(each.funcname) for each in _of_kind(expression, "FuncCall"))


def types_in(expression: Any) -> frozenset[Name]:
    """Return the names of the types that an expression casts to."""
    return frozenset(names_of(each.names) for each in _of_kind(expression, "TypeName"))


def columns_in(expression: Any) -> tuple[str, ...] | None:
    """Return the columns that an expression may name, in order; None where it names a whole row.

    The last part of a dotted name is taken for the column, which may be too many.
    """
    found: dict[str, None] = {}
    for each in _of_kind(expression, "ColumnRef"):
        if not each.fields[-1].HasField("string"):
            return None
        found |= dict.fromkeys(names_of(each.fields))
    return tuple(found)


def _of_kind(expression: Any, kind: str) -> Iterator[Any]:
    return (each for each in messages_in(expression) if each.DESCRIPTOR.name == kind)
