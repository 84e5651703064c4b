"""Put the questions of constraints and unique indexes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sbapply.database import Json
from sbapply.preflight.here import Here
from sbapply.preflight.pending import Pending, read_by
from sbapply.preflight.question import Wording
from sbapply.preflight.tables import Table
from sbapply.preflight.trees import Name, names_of, text_of
from sbapply.quoting import quote_identifier, quote_literal
from sbapply.templates import fill, load_sql

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint, IndexElem, IndexStmt

_PACKAGE = "sbapply.preflight"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Element:
    """Hold one column or expression of an index: its SQL, its name for people, and what it reads."""

    sql: str
    name: str
    reads: tuple[str, ...] | None
    expression: Any = None


def put_constraint(
    pending: Pending, here: Here, table: Table, constraint: "Constraint", *, column: str | None = None
) -> None:
    """Put the question of a constraint that is being added, or validated; ``column`` is whose it is, if one's."""
    from postgast import pg_query_pb2 as tree

    if constraint.skip_validation:
        if constraint.conname:
            table.unvalidated[constraint.conname] = constraint
        return
    columns = (column,) if column is not None else names_of(constraint.keys)
    match constraint.contype:
        case tree.CONSTR_NOTNULL:
            put_not_null(pending, here, table, columns[0])
        case tree.CONSTR_CHECK:
            _put_check(pending, here, table, constraint)
        case tree.CONSTR_UNIQUE | tree.CONSTR_PRIMARY:
            _put_unique_constraint(pending, here, table, constraint, columns)
        case tree.CONSTR_EXCLUSION:
            _put_exclusion(pending, here, table, constraint)
        case tree.CONSTR_FOREIGN:
            _put_foreign_key(pending, here, table, constraint, column)
        case _:
            pass


def put_not_null(
    pending: Pending,
    here: Here,
    table: Table,
    column: str,
    *,
    demand: str = "sets it NOT NULL",
    asked: dict[str, Json] | None = None,
    only: bool = False,
) -> None:
    """Put the question whether a column holds nulls."""
    if column in table.filled:
        return
    pending.put(
        "not-null",
        here,
        table,
        Wording("null", "nulls", demand, f".{column}"),
        {"where": f"{quote_identifier(column)} is null", **(asked or {})},
        columns=[column],
        only=only,
    )


def put_unique_index(pending: Pending, here: Here, table: Table, index: "IndexStmt") -> None:
    """Put the question of a CREATE UNIQUE INDEX."""
    elements = [_element(each.index_elem) for each in index.index_params]
    table.indexes[index.idxname] = tuple(element.name for element in elements)
    predicate = index.where_clause if index.HasField("where_clause") else None
    exists: dict[str, Json] = {"unless_index": index.idxname} if index.if_not_exists and index.idxname else {}
    _put_unique(
        pending,
        here,
        table,
        elements,
        nulls_not_distinct=index.nulls_not_distinct,
        predicate=predicate,
        asked=exists,
    )


def _put_check(pending: Pending, here: Here, table: Table, constraint: "Constraint") -> None:
    expression = constraint.raw_expr
    text = text_of(expression)
    columns = read_by(expression)
    pending.put(
        "check",
        here,
        table,
        Wording(
            f"row that violates CHECK ({_cut(text)})",
            f"rows that violate CHECK ({_cut(text)})",
            f"adds {_named(constraint) or 'that constraint'}",
        ),
        {"where": f"({text}) is false", "shown": list(columns or ())},
        columns=columns,
        expressions=[expression],
        only=constraint.is_no_inherit,
    )


def _put_unique_constraint(
    pending: Pending, here: Here, table: Table, constraint: "Constraint", columns: Sequence[str]
) -> None:
    from postgast.pg_query_pb2 import CONSTR_PRIMARY

    primary = constraint.contype == CONSTR_PRIMARY
    index = constraint.indexname
    if index:
        if primary:
            _put_index_not_null(pending, here, table, index)
        return
    if primary:
        table.primary_key = tuple(columns)
        for each in columns:
            put_not_null(pending, here, table, each, demand="makes it part of the primary key", only=True)
    if constraint.without_overlaps:
        *equal, last = (_column(each) for each in columns)
        _put_conflicts(pending, here, table, [*((each, ("=",)) for each in equal), (last, ("&&",))], None)
        return
    _put_unique(
        pending,
        here,
        table,
        [_column(each) for each in columns],
        nulls_not_distinct=constraint.nulls_not_distinct,
        demand="makes them the primary key" if primary else "demands unique values",
    )


def _put_index_not_null(pending: Pending, here: Here, table: Table, index: str) -> None:
    """Put the question of a primary key over an index that stands, or that the push made."""
    made = table.indexes.get(index)
    if made is not None:
        table.primary_key = made
        for column in made:
            put_not_null(pending, here, table, column, demand="makes it part of the primary key", only=True)
        return
    pending.put(
        "not-null",
        here,
        table,
        Wording("row with a null", "rows with a null", f"makes the index {index} the primary key"),
        {"index": index},
        columns=[],
        only=True,
    )


def _put_unique(
    pending: Pending,
    here: Here,
    table: Table,
    elements: Sequence[Element],
    *,
    nulls_not_distinct: bool,
    predicate: Any = None,
    demand: str = "demands unique values",
    asked: dict[str, Json] | None = None,
) -> None:
    if any(element.name in table.filled for element in elements):
        return
    numbered = list(enumerate(elements, start=1))
    query = fill(
        load_sql(_PACKAGE, "unique.sql"),
        shown=", ".join(f"{quote_literal(each.name)}, {_shown(f'k{number}')}" for number, each in numbered),
        keys=", ".join(f"({each.sql}) as k{number}" for number, each in numbered),
        alias=quote_identifier(table.name),
        predicate=text_of(predicate) if predicate is not None else "true",
        not_null="true" if nulls_not_distinct else " and ".join(f"k{number} is not null" for number, _ in numbered),
        numbers=", ".join(f"k{number}" for number, _ in numbered),
    )
    names = ", ".join(each.name for each in elements)
    pending.put(
        "unique",
        here,
        table,
        Wording(f"duplicated value of ({names})", f"duplicated values of ({names})", demand),
        {"query": query, **(asked or {})},
        columns=_reads(elements, predicate),
        expressions=_expressions(elements, predicate),
        only=True,
    )


def _put_exclusion(pending: Pending, here: Here, table: Table, constraint: "Constraint") -> None:
    pairs = [
        (_element(each.list.items[0].index_elem), names_of(each.list.items[1].list.items))
        for each in constraint.exclusions
    ]
    predicate = constraint.where_clause if constraint.HasField("where_clause") else None
    _put_conflicts(pending, here, table, pairs, predicate)


def _put_conflicts(
    pending: Pending,
    here: Here,
    table: Table,
    pairs: Sequence[tuple[Element, Name]],
    predicate: Any,
) -> None:
    numbered = list(enumerate(pairs, start=1))
    query = fill(
        load_sql(_PACKAGE, "exclude.sql"),
        keys=", ".join(f"({each.sql}) as k{number}" for number, (each, _) in numbered),
        alias=quote_identifier(table.name),
        predicate=text_of(predicate) if predicate is not None else "true",
        conflict=" and ".join(f"a.k{number} {_operator(name)} b.k{number}" for number, (_, name) in numbered),
    )
    elements = [each for each, _ in pairs]
    names = ", ".join(f"{each.name} WITH {'.'.join(name)}" for each, name in pairs)
    pending.put(
        "exclude",
        here,
        table,
        Wording(
            f"pair of rows that exclude each other ({names})",
            f"pairs of rows that exclude each other ({names})",
            "forbids them",
        ),
        {"query": query},
        columns=_reads(elements, predicate),
        expressions=_expressions(elements, predicate),
        only=True,
    )


def _put_foreign_key(
    pending: Pending, here: Here, table: Table, constraint: "Constraint", column: str | None
) -> None:
    columns = (column,) if column is not None else names_of(constraint.fk_attrs)
    parent = pending.tables.find(constraint.pktable)
    referred = names_of(constraint.pk_attrs) or parent.primary_key
    pending.put(
        "foreign-key",
        here,
        table,
        Wording(
            f"row whose ({', '.join(columns)}) is not in {parent.plain_name}",
            f"rows whose ({', '.join(columns)}) is not in {parent.plain_name}",
            f"adds the foreign key {constraint.conname}".rstrip(),
        ),
        {
            "columns": list(columns),
            "parent_columns": list(referred) if referred is not None else None,
            "full": constraint.fk_matchtype == "f",
            "shown": list(columns),
        },
        columns=columns,
        parent=parent,
        parent_columns=referred,
        only=True,
        unaskable="a foreign key over periods is not asked" if constraint.fk_with_period else "",
    )


def _element(element: "IndexElem") -> Element:
    collation = (
        f" collate {'.'.join(map(quote_identifier, names_of(element.collation)))}" if element.collation else ""
    )
    if element.name:
        return Element(f"{quote_identifier(element.name)}{collation}", element.name, (element.name,))
    text = text_of(element.expr)
    return Element(f"({text}){collation}", _cut(text), read_by(element.expr), element.expr)


def _column(name: str) -> Element:
    return Element(quote_identifier(name), name, (name,))


def _reads(elements: Sequence[Element], predicate: Any) -> list[str] | None:
    found: list[str] = []
    for reads in (*(each.reads for each in elements), read_by(predicate) if predicate is not None else ()):
        if reads is None:
            return None
        found += reads
    return found


def _expressions(elements: Sequence[Element], predicate: Any) -> list[Any]:
    return [each for each in (*(element.expression for element in elements), predicate) if each is not None]


def _operator(name: Name) -> str:
    if len(name) == 1:
        return name[0]
    return f"operator({'.'.join(map(quote_identifier, name[:-1]))}.{name[-1]})"


def _shown(sql: str) -> str:
    return fill(load_sql(_PACKAGE, "shown.sql"), value=sql, longest=str(_LONGEST)).strip()


def _named(constraint: "Constraint") -> str:
    return f"the constraint {constraint.conname}" if constraint.conname else ""


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
