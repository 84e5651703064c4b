"""Read the pending statements in order, and put the questions of each to the rows that it will meet."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from sbapply.history.ready import Ready
from sbapply.migrations.statements import SplitText, Statement, split_migration
from sbapply.migrations.telling import parse_statement
from sbapply.migrations.words import leading_words
from sbapply.preflight.bounds import bound_of, keys_of
from sbapply.preflight.changes import may_change_anything, search_path_of, step_of, tables_changed
from sbapply.preflight.columns import put_added_column, put_type_change
from sbapply.preflight.constraints import put_constraint, put_not_null, put_unique_index
from sbapply.preflight.here import Here, noted
from sbapply.preflight.pending import MadeType, Pending
from sbapply.preflight.question import Question, Wording
from sbapply.preflight.tables import Table
from sbapply.preflight.trees import names_of, text_of
from sbapply.quoting import quote_identifier

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableCmd, AlterTableStmt, ATAlterConstraint, Node, PartitionBoundSpec

    from sbapply.database import Json

_READ = frozenset(
    {
        *("alter", "create", "drop", "update", "delete", "insert", "merge", "truncate", "do", "call", "execute"),
        *("select", "with", "set", "reset", "discard"),
    }
)
_INSERT = re.compile(
    r'insert\s+into\s+((?:"(?:[^"]|"")+"|[^\W\d][\w$]*)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[^\W\d][\w$]*))?)',
    re.IGNORECASE,
)
# Parsing thousands of rows only to learn whose they are would take longer than all the rest.
_HOLDS_ANOTHER = re.compile(r"\b(?:delete|merge|update)\b", re.IGNORECASE)


def questions_of(ready: Sequence[Ready]) -> tuple[Question, ...]:
    """Return what the pending migrations demand of the rows that the project has today, in their order.

    No demand on a table or a column that they make themselves; what they rename is asked under its name of today.
    """
    pending = Pending()
    number = 0
    for each in ready:
        split = split_migration(each.migration)
        if isinstance(split, SplitText):
            _read_migration(pending, each, split, number)
            number += len(split.statements)
    return tuple(pending.questions)


def _read_migration(pending: Pending, ready: Ready, split: SplitText, number: int) -> None:
    pending.tables.path = None
    first = ready.units[0].first
    for index, statement in enumerate(split.statements):
        head = next(leading_words(split.text, statement.start, statement.end), None)
        word = head.text if head is not None else "with"
        if word not in _READ or (index < first and word not in ("set", "reset", "select", "discard")):
            continue
        node = _parsed(split, statement, word)
        path = search_path_of(node)
        if path is not None:
            pending.tables.path = path[0]
        if index < first:
            continue
        _read_statement(pending, Here(number + index, ready.migration, statement.start), node)


def _parsed(split: SplitText, statement: Statement, word: str) -> "Node":
    if word == "insert":
        found = _INSERT.match(split.text, statement.start)
        if found is not None and _HOLDS_ANOTHER.search(split.text, statement.start, statement.end) is None:
            return _insert_into(found[1])
    return parse_statement(split, statement)


@lru_cache(maxsize=64)
def _insert_into(table: str) -> "Node":
    from postgast import parse

    return parse(f"insert into {table} default values").stmts[0].stmt


def _read_statement(pending: Pending, here: Here, node: "Node") -> None:
    reader = _READERS.get(node.WhichOneof("node") or "")
    if reader is not None:
        reader(pending, here, node)
    if may_change_anything(node):
        noted(pending.changes, here)
    step = step_of(node)
    for relation in tables_changed(node):
        table = pending.tables.find(relation)
        noted(table.changes, here)
        if step is not None and not pending.unaskable(node):
            table.add_step(step)


def _alter_table(pending: Pending, here: Here, node: "Node") -> None:
    from postgast.pg_query_pb2 import OBJECT_MATVIEW, OBJECT_TABLE

    statement = node.alter_table_stmt
    if statement.objtype not in (OBJECT_TABLE, OBJECT_MATVIEW):
        return
    table = pending.tables.find(statement.relation)
    if statement.missing_ok:
        table.perhaps = True
    commands = sorted((each.alter_table_cmd for each in statement.cmds), key=_turn)
    for command in commands:
        _alter(pending, here, table, statement, command)


def _turn(command: "AlterTableCmd") -> int:
    """Return when PostgreSQL comes to a command, whatever its place (AlterTablePass in its tablecmds.c)."""
    from postgast import pg_query_pb2 as tree

    turns = {tree.AT_DropColumn: 0, tree.AT_DropConstraint: 0, tree.AT_AlterColumnType: 1, tree.AT_AddColumn: 2,
             tree.AT_SetNotNull: 3}  # fmt: skip
    return turns.get(command.subtype, 4)


def _alter(
    pending: Pending, here: Here, table: Table, statement: "AlterTableStmt", command: "AlterTableCmd"
) -> None:
    from postgast import pg_query_pb2 as tree

    definition = getattr(command, "def")
    match command.subtype:
        case tree.AT_DropColumn:
            table.drop(command.name)
        case tree.AT_DropConstraint:
            table.unvalidated.pop(command.name, None)
        case tree.AT_AlterColumnType:
            put_type_change(pending, here, table, command)
        case tree.AT_AddColumn:
            put_added_column(pending, here, table, definition.column_def, conditional=command.missing_ok)
        case tree.AT_SetNotNull:
            put_not_null(pending, here, table, command.name, only=not statement.relation.inh)
        case tree.AT_AddConstraint:
            put_constraint(pending, here, table, definition.constraint)
        case tree.AT_ValidateConstraint:
            _validate(pending, here, table, command.name)
        case tree.AT_AlterConstraint if _enforces(definition.atalter_constraint):
            _validate(pending, here, table, definition.atalter_constraint.conname)
        case tree.AT_AttachPartition if definition.partition_cmd.HasField("bound"):
            _attach(pending, here, table, pending.tables.find(definition.partition_cmd.name),
                    definition.partition_cmd.bound)  # fmt: skip
        case _:
            pass


def _enforces(change: "ATAlterConstraint") -> bool:
    return bool(change.alter_enforceability and change.is_enforced)


def _validate(pending: Pending, here: Here, table: Table, name: str) -> None:
    from postgast.pg_query_pb2 import Constraint

    added = table.unvalidated.pop(name, None)
    if added is not None:
        constraint = Constraint()
        constraint.CopyFrom(added)
        constraint.skip_validation = False
        put_constraint(pending, here, table, constraint)
        return
    renamed = any(step.told["do"] in ("rename", "drop") for step in table.steps)
    pending.put(
        "standing",
        here,
        table,
        Wording(f"row that violates {name}", f"rows that violate {name}", "validates it"),
        {"constraint": name},
        columns=[] if renamed else None,
    )


def _attach(pending: Pending, here: Here, parent: Table, child: Table, bound: "PartitionBoundSpec") -> None:
    wording = Wording(
        f"row that does not belong into that partition of {parent.plain_name}",
        f"rows that do not belong into that partition of {parent.plain_name}",
        "attaches it",
    )
    keys = parent.partitioned["keys"] if parent.partitioned is not None else None
    asked: dict[str, Json] = {"bound": bound_of(bound), "partition_keys": keys}
    pending.put("partition", here, child, wording, asked, columns=None, expressions=[bound], parent=parent)
    _put_default_partition(pending, here, parent, bound)


def _put_default_partition(pending: Pending, here: Here, parent: Table, bound: "PartitionBoundSpec") -> None:
    if bound.is_default or parent.today is None:
        return
    wording = Wording(
        "row that belongs into the new partition", "rows that belong into the new partition", "makes it"
    )
    asked: dict[str, Json] = {"bound": bound_of(bound), "partition_keys": None}
    before = len(pending.questions)
    pending.put("default-partition", here, parent, wording, asked, columns=[], expressions=[bound])
    for question in pending.questions[before:]:
        sources = question.asked["sources"]
        if isinstance(sources, dict) and isinstance(sources["rows"], dict):
            sources["rows"]["default_partition"] = True


def _create_table(pending: Pending, here: Here, node: "Node") -> None:
    statement = node.create_stmt
    if statement.HasField("partbound"):
        parent = pending.tables.find(statement.inh_relations[0].range_var)
        _put_default_partition(pending, here, parent, statement.partbound)
    table = pending.tables.make(statement.relation, conditional=statement.if_not_exists)
    if statement.HasField("partspec"):
        table.partitioned = {"keys": keys_of(statement.partspec)}


def _create_table_as(pending: Pending, _here: Here, node: "Node") -> None:
    statement = node.create_table_as_stmt
    pending.tables.make(statement.into.rel, conditional=statement.if_not_exists)


def _create_view(pending: Pending, _here: Here, node: "Node") -> None:
    pending.tables.make(node.view_stmt.view)


def _create_index(pending: Pending, here: Here, node: "Node") -> None:
    if node.index_stmt.unique:
        put_unique_index(pending, here, pending.tables.find(node.index_stmt.relation), node.index_stmt)


def _create_function(pending: Pending, here: Here, node: "Node") -> None:
    pending.functions[names_of(node.create_function_stmt.funcname)[-1]] = here


def _create_enum(pending: Pending, here: Here, node: "Node") -> None:
    statement = node.create_enum_stmt
    pending.types[names_of(statement.type_name)[-1]] = MadeType(here, names_of(statement.vals))


def _create_domain(pending: Pending, here: Here, node: "Node") -> None:
    pending.types[names_of(node.create_domain_stmt.domainname)[-1]] = MadeType(here)


def _create_composite(pending: Pending, here: Here, node: "Node") -> None:
    pending.types[node.composite_type_stmt.typevar.relname] = MadeType(here)


def _alter_enum(pending: Pending, here: Here, node: "Node") -> None:
    statement = node.alter_enum_stmt
    name = names_of(statement.type_name)[-1]
    made = pending.types.get(name)
    if made is not None and made.labels is not None:
        kept = tuple(label for label in made.labels if label != statement.old_val)
        pending.types[name] = MadeType(here, (*kept, statement.new_val))
    else:
        pending.labels[name] = (*pending.labels.get(name, ()), statement.new_val)


def _alter_domain(pending: Pending, here: Here, node: "Node") -> None:
    statement = node.alter_domain_stmt
    name = names_of(statement.type_name)
    domain: dict[str, Json] = {"domain": text_of_name(name), "shown": ["value"]}
    match statement.subtype:
        case "O":
            wording = Wording("null", "nulls", "sets the domain NOT NULL")
            pending.put_to_domain(here, name, wording, domain | {"where": "value is null"})
        case "C" if not getattr(statement, "def").constraint.skip_validation:
            expression = getattr(statement, "def").constraint.raw_expr
            text = text_of(expression)
            wording = Wording(
                f"value that violates CHECK ({text})", f"values that violate CHECK ({text})", "demands it"
            )
            asked = domain | {"where": f"({text}) is false"}
            pending.put_to_domain(here, name, wording, asked, expressions=[expression])
        case "V":
            violating = f"violate {statement.name}"
            wording = Wording(f"value that {violating}s", f"values that {violating}", "validates it")
            pending.put_to_domain(here, name, wording, domain | {"domain_constraint": statement.name})
        case _:
            pass


def text_of_name(name: tuple[str, ...]) -> str:
    """Return a dotted name as SQL."""
    return ".".join(map(quote_identifier, name))


def _rename(pending: Pending, here: Here, node: "Node") -> None:
    from postgast import pg_query_pb2 as tree

    statement = node.rename_stmt
    match statement.rename_type:
        case tree.OBJECT_TABLE | tree.OBJECT_VIEW | tree.OBJECT_MATVIEW:
            pending.tables.move(statement.relation, name=statement.newname)
        case tree.OBJECT_COLUMN:
            pending.tables.find(statement.relation).rename(statement.subname, statement.newname)
        case tree.OBJECT_SCHEMA:
            pending.tables.rename_schema(statement.subname, statement.newname)
        case tree.OBJECT_TYPE | tree.OBJECT_DOMAIN:
            old = names_of(statement.object.list.items)[-1]
            pending.types[statement.newname] = pending.types.pop(old, MadeType(here))
        case tree.OBJECT_FUNCTION:
            pending.functions[statement.newname] = here
        case _:
            pass


def _move(pending: Pending, _here: Here, node: "Node") -> None:
    from postgast.pg_query_pb2 import OBJECT_MATVIEW, OBJECT_TABLE

    statement = node.alter_object_schema_stmt
    if statement.object_type in (OBJECT_TABLE, OBJECT_MATVIEW):
        pending.tables.move(statement.relation, schema=statement.newschema)


def _drop(pending: Pending, here: Here, node: "Node") -> None:
    from postgast import pg_query_pb2 as tree

    statement = node.drop_stmt
    for each in statement.objects:
        match statement.remove_type:
            case tree.OBJECT_TABLE | tree.OBJECT_VIEW | tree.OBJECT_MATVIEW | tree.OBJECT_FOREIGN_TABLE:
                *schema, name = names_of(each.list.items)
                pending.tables.forget(schema[-1] if schema else None, name)
            case tree.OBJECT_SCHEMA:
                pending.tables.drop_schema(each.string.sval)
            case tree.OBJECT_FUNCTION:
                pending.functions[names_of(each.object_with_args.objname)[-1]] = here
            case _:
                pass


_READERS: "dict[str, Callable[[Pending, Here, Node], None]]" = {
    "alter_table_stmt": _alter_table,
    "create_stmt": _create_table,
    "create_table_as_stmt": _create_table_as,
    "view_stmt": _create_view,
    "index_stmt": _create_index,
    "create_function_stmt": _create_function,
    "create_enum_stmt": _create_enum,
    "create_domain_stmt": _create_domain,
    "composite_type_stmt": _create_composite,
    "alter_enum_stmt": _alter_enum,
    "alter_domain_stmt": _alter_domain,
    "rename_stmt": _rename,
    "alter_object_schema_stmt": _move,
    "drop_stmt": _drop,
}
