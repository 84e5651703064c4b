"""Follow what a file leaves in its session from one statement to the next.

A statement that runs alone has a session of its own, and so has what stands behind it. Settings can be made again
there; temporary tables, prepared statements and cursors cannot.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.session_settings import InForce, Setting, discards_all
from sbapply.migrations.statements import SplitText
from sbapply.migrations.text import place_at
from sbapply.migrations.transactions import transaction_kind
from sbapply.migrations.words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast.pg_query_pb2 import Node, RangeVar

_HOLD = 0x0020  # CURSOR_OPT_HOLD in PostgreSQL's src/include/nodes/parsenodes.h
_TEMPORARY_SCHEMA = "pg_temp"


@dataclass(slots=True)
class Session:
    """Hold what the statements so far leave behind: settings, and by name what cannot be made again.

    ``lost`` maps the names of what a statement that runs alone left without a session to where that statement is.
    """

    in_force: InForce = field(default_factory=InForce)
    alive: dict[str, str] = field(default_factory=dict)
    lost: dict[str, tuple[int, str]] = field(default_factory=dict)
    savepoints: dict[str, tuple[Setting, ...]] = field(default_factory=dict)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Return the settings that are in force."""
        return self.in_force.settings

    def follow(self, split: SplitText, index: int, node: "Node") -> None:
        """Take up what the statement of this index changes."""
        self.in_force.follow(split.source(split.statements[index]), index, node)
        self._follow_savepoint(node)
        for name in _forgotten(node, self.alive):
            self.alive.pop(name, None)
        self.alive.update(_made(node))

    def leave(self, index: int) -> None:
        """Take up that the statement of this index runs alone: what is alive does not live on behind it."""
        for name, what in self.alive.items():
            self.lost.setdefault(name, (index, what))
        self.alive.clear()

    def _follow_savepoint(self, node: "Node") -> None:
        kind = transaction_kind(node)
        name = node.transaction_stmt.savepoint_name
        if kind == "SAVEPOINT":
            self.savepoints[name] = self.settings
        elif kind == "ROLLBACK_TO":
            self.in_force.settings = self.savepoints.get(name, self.settings)
        elif kind == "COMMIT":
            self.savepoints.clear()


def session_problem(migration: Migration, split: SplitText, lost: dict[str, tuple[int, str]]) -> Problem | None:
    """Return the refusal of the first statement that names what was lost with an earlier session, None without one.

    Told by the name alone, wherever in the statement it stands: it may be in the body of a function.
    """
    if not lost:
        return None
    first = min(index for index, _ in lost.values())
    for index, statement in enumerate(split.statements[first:], start=first):
        for word in words_of(split.source(statement)):
            at, what = lost.get(word, (index + 1, ""))
            if at <= index:
                alone = place_at(migration.file, split.text, split.statements[at].start)
                return Problem(
                    "session-state",
                    f"{what} {word} does not outlive the statement on line {alone.line}, which has to run in a "
                    "session of its own",
                    f"Make {word} again behind that statement under another name, or move that statement to a "
                    "migration of its own.",
                    place_at(migration.file, split.text, statement.start),
                )
    return None


def _made(node: "Node") -> dict[str, str]:
    """Return by name what a statement makes that lives as long as its session."""
    from postgast.pg_query_pb2 import ONCOMMIT_DROP

    match node.WhichOneof("node"):
        case "create_stmt" if node.create_stmt.oncommit != ONCOMMIT_DROP:
            return _temporary(node.create_stmt.relation, "the temporary table")
        case "create_table_as_stmt" if node.create_table_as_stmt.into.on_commit != ONCOMMIT_DROP:
            return _temporary(node.create_table_as_stmt.into.rel, "the temporary table")
        case "select_stmt" if node.select_stmt.into_clause.HasField("rel"):
            return _temporary(node.select_stmt.into_clause.rel, "the temporary table")
        case "view_stmt":
            return _temporary(node.view_stmt.view, "the temporary view")
        case "create_seq_stmt":
            return _temporary(node.create_seq_stmt.sequence, "the temporary sequence")
        case "create_function_stmt":
            names = _names(node.create_function_stmt.funcname)
            return {names[-1]: "the temporary function"} if names[:-1] == [_TEMPORARY_SCHEMA] else {}
        case "prepare_stmt":
            return {node.prepare_stmt.name: "the prepared statement"}
        case "declare_cursor_stmt" if node.declare_cursor_stmt.options & _HOLD:
            return {node.declare_cursor_stmt.portalname: "the cursor"}
        case _:
            return {}


def _temporary(relation: "RangeVar", what: str) -> dict[str, str]:
    temporary = relation.relpersistence == "t" or relation.schemaname == _TEMPORARY_SCHEMA
    return {relation.relname: what} if temporary else {}


def _forgotten(node: "Node", alive: dict[str, str]) -> list[str]:
    """Return the names of what a statement does away with before its session ends."""
    from postgast.pg_query_pb2 import DISCARD_TEMP, OBJECT_TABLE

    match node.WhichOneof("node"):
        case "drop_stmt" if node.drop_stmt.remove_type == OBJECT_TABLE:
            return [_names(item.list.items)[-1] for item in node.drop_stmt.objects]
        case "deallocate_stmt":
            gone = "the prepared statement" if node.deallocate_stmt.isall else None
            return [node.deallocate_stmt.name, *_of_kind(alive, gone)]
        case "close_portal_stmt":
            gone = None if node.close_portal_stmt.portalname else "the cursor"
            return [node.close_portal_stmt.portalname, *_of_kind(alive, gone)]
        case "discard_stmt" if discards_all(node):
            return list(alive)
        case "discard_stmt" if node.discard_stmt.target == DISCARD_TEMP:
            return [name for name, what in alive.items() if what.startswith("the temporary")]
        case _:
            return []


def _of_kind(alive: dict[str, str], kind: str | None) -> list[str]:
    return [name for name, what in alive.items() if what == kind]


def _names(nodes: "Iterable[Node]") -> list[str]:
    return [str(node.string.sval) for node in nodes]
