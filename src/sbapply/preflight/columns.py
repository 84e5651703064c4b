"""Put the questions of columns that are added, or that get another type."""

from typing import TYPE_CHECKING, Any

from sbapply.database import Json
from sbapply.preflight.constraints import put_constraint, put_not_null
from sbapply.preflight.here import Here
from sbapply.preflight.pending import Pending, read_by
from sbapply.preflight.question import Wording
from sbapply.preflight.tables import Step, Table
from sbapply.preflight.trees import cast_text, functions_in, names_of, text_of, type_text
from sbapply.quoting import quote_literal

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableCmd, ColumnDef, Constraint, Node, TypeName

_SERIAL = frozenset({"serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"})
_BOUNDED = {"varchar": "length(rtrim(({})::text, ' ')) > {}", "bpchar": "length(rtrim(({})::text, ' ')) > {}",
            "bit": "length(({})::bit varying) <> {}", "varbit": "length(({})::bit varying) > {}"}  # fmt: skip
_TOO_LONG = "value too long for type {}"


def put_added_column(
    pending: Pending, here: Here, table: Table, definition: "ColumnDef", *, conditional: bool
) -> None:
    """Take up a column that is added, and put the questions of what its definition demands of every row."""
    from postgast import pg_query_pb2 as tree

    column = definition.colname
    constraints = [each.constraint for each in definition.constraints]
    of_kind = {each.contype: each for each in constraints}
    table.dropped.discard(column)
    if names_of(definition.type_name.names)[-1] in _SERIAL or tree.CONSTR_IDENTITY in of_kind:
        _fill(table, column)
        return
    default = of_kind.get(tree.CONSTR_DEFAULT)
    generated = of_kind.get(tree.CONSTR_GENERATED)
    source = default or generated
    value = source.raw_expr if source is not None else None
    if value is not None and ("nextval",) in {name[-1:] for name in functions_in(value)}:
        _fill(table, column)
        return
    if generated is not None and generated.generated_kind != "v":
        _put_generated(pending, here, table, definition, generated)
    _add(pending, table, definition, value)
    exists: dict[str, Json] = {"unless_column": column} if conditional else {}
    before = len(pending.questions)
    for number, each in enumerate(constraints):
        following = constraints[number + 1 :]
        if following and following[0].contype == tree.CONSTR_ATTR_NOT_ENFORCED:
            continue
        if each.contype == tree.CONSTR_NOTNULL and value is None:
            demand = f"adds {column} NOT NULL without a default"
            put_not_null(pending, here, table, column, demand=demand)
        elif value is not None or each.contype not in (tree.CONSTR_UNIQUE, tree.CONSTR_FOREIGN):
            put_constraint(pending, here, table, each, column=column)
    for question in pending.questions[before:]:
        question.asked.update(exists)


def put_type_change(pending: Pending, here: Here, table: Table, command: "AlterTableCmd") -> None:
    """Put the question whether every value of a column can become one of another type; text takes all."""
    column = command.name
    definition = getattr(command, "def").column_def
    using = definition.raw_default if definition.HasField("raw_default") else None
    name = names_of(definition.type_name.names)
    if using is None and name[-1] == "text":
        return
    made = pending.types.get(name[-1])
    inner = _within_cast(using, name)
    labels = made.labels if made is not None else None
    wording = Wording(
        f"value that cannot become {type_text(definition.type_name)}",
        f"values that cannot become {type_text(definition.type_name)}",
        "changes the type",
        f".{column}",
    )
    value = inner or using or _column_ref(column)
    text, read = text_of(value), read_by(value)
    shown: list[Json] = [column]
    if labels is not None and (using is None or inner is not None):
        # The type is not there yet, but its labels are known.
        listed = ", ".join(map(quote_literal, labels))
        where = f"({text})::text not in ({listed})" if labels else f"({text}) is not null"
        asked: dict[str, Json] = {"where": where, "shown": shown}
        pending.put("type", here, table, wording, asked, columns=read, expressions=[inner] if inner else [])
        step = f"({text})::text"
    else:
        step = cast_text(using or _column_ref(column), definition.type_name)
        asked = _asked_to_cast(pending, definition.type_name, step, text)
        asked |= {"shown": shown}
        expressions = [each for each in (using, definition.type_name) if each is not None]
        pending.put("type", here, table, wording, asked, columns=None if read is None else (*read, column),
                    expressions=expressions)  # fmt: skip
    told: dict[str, Json] = {"do": "set", "columns": {column: step}, "where": None}
    functions = functions_in(using) if using is not None else frozenset()
    table.add_step(Step(told, frozenset({column}), read, functions))


def _asked_to_cast(pending: Pending, type_name: "TypeName", step: str, text: str) -> dict[str, Json]:
    name = names_of(type_name.names)[-1]
    added = pending.labels.get(name)
    if added:
        listed = ", ".join(map(quote_literal, added))
        step = f"case when ({text})::text in ({listed}) then null else {step} end"
    bounded = _BOUNDED.get(name) if type_name.typmods and not type_name.array_bounds else None
    if bounded is None:
        return {"expression": step, "too_long": "false", "too_long_reason": ""}
    # An ALTER assigns, which refuses what is too long; a cast would cut it.
    length = type_name.typmods[0].a_const.ival.ival
    return {
        "expression": step,
        "too_long": bounded.format(text, length),
        "too_long_reason": _TOO_LONG.format(type_text(type_name)),
    }


def _within_cast(using: "Node | None", name: tuple[str, ...]) -> "Node | None":
    """Return what a USING casts to the new type at its outside, None if it does not."""
    if using is None or not using.HasField("type_cast"):
        return None
    return using.type_cast.arg if names_of(using.type_cast.type_name.names)[-1] == name[-1] else None


def _put_generated(
    pending: Pending, here: Here, table: Table, definition: "ColumnDef", generated: "Constraint"
) -> None:
    read = read_by(generated.raw_expr)
    wording = Wording(
        f"row of which {definition.colname} cannot be computed",
        f"rows of which {definition.colname} cannot be computed",
        "adds that column",
    )
    asked: dict[str, Json] = {
        "expression": cast_text(generated.raw_expr, definition.type_name),
        "too_long": "false",
        "too_long_reason": "",
        "shown": list(read or ()),
    }
    expressions = [generated.raw_expr, definition.type_name]
    pending.put("type", here, table, wording, asked, columns=read, expressions=expressions)


def _add(pending: Pending, table: Table, definition: "ColumnDef", value: "Node | None") -> None:
    sql = cast_text(value, definition.type_name)
    if names_of(definition.type_name.names)[-1] in pending.types:
        # The type is not there yet: its values are seen as what they are written as.
        sql = f"({text_of(value)})::text" if value is not None else "null::text"
    table.add_step(
        Step(
            {"do": "add", "column": definition.colname, "sql": sql},
            frozenset({definition.colname}),
            read_by(value) if value is not None else (),
            functions_in(value) if value is not None else frozenset(),
            pending.unaskable(value) if value is not None else "",
        )
    )


def _fill(table: Table, column: str) -> None:
    table.filled.add(column)
    table.add_step(Step({"do": "add", "column": column, "sql": "null::bigint"}, frozenset({column})))


def _column_ref(name: str) -> Any:
    from postgast.pg_query_pb2 import Node

    node = Node()
    node.column_ref.fields.add().string.sval = name
    return node
