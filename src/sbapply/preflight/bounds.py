"""Read the bounds of partitions, and the keys that they bound."""

from typing import TYPE_CHECKING

from sbapply.database import Json
from sbapply.preflight.trees import text_of
from sbapply.quoting import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast.pg_query_pb2 import Node, PartitionBoundSpec, PartitionSpec


def keys_of(specification: "PartitionSpec") -> list[Json]:
    """Return the expressions of a PARTITION BY."""
    elements = (each.partition_elem for each in specification.part_params)
    return [quote_identifier(each.name) if each.name else f"({text_of(each.expr)})" for each in elements]


def bound_of(bound: "PartitionBoundSpec") -> dict[str, Json]:
    """Return the bound of a partition as the server is told of it; ends without a value are called by name."""
    if bound.is_default:
        return {"strategy": "default"}
    if bound.strategy == "h":
        return {"strategy": "hash", "modulus": str(bound.modulus), "remainder": str(bound.remainder)}
    if bound.strategy == "r":
        return {"strategy": "range", "from": _ends(bound.lowerdatums), "to": _ends(bound.upperdatums)}
    values: list[Json] = [text_of(each) for each in bound.listdatums if not each.a_const.isnull]
    return {"strategy": "list", "values": values, "null": len(values) < len(bound.listdatums)}


def _ends(nodes: "Iterable[Node]") -> list[Json]:
    return [text_of(each) for each in nodes]
