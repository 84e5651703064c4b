"""Cut a migration into units: transactions, and statements that run alone, with its text as it stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sbapply.migrations.boundaries import (
    begin_options,
    read_only_at,
    session_setting,
    transaction_kind,
)
from sbapply.migrations.directives import Directives
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.lone import commits_itself, forced, lone_of
from sbapply.migrations.statements import SplitText, Statement, copy_problem
from sbapply.migrations.text import place_at
from sbapply.migrations.unit import Hints, Lone, Unit

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

# Only statements that begin with one of these can bound a transaction, change it, be unable to run in one, or set
# the session up; no other is parsed, which keeps a migration of thousands of INSERTs cheap.
_TELLING_WORDS = frozenset(
    {
        *("begin", "start", "commit", "end", "rollback", "abort", "prepare", "savepoint", "release"),
        *("set", "reset", "copy", "drop", "alter", "reindex", "vacuum", "cluster", "discard", "do"),
    }
)
# Of these only those whose text holds such a word.
_TELLING_TEXTS = {
    "create": re.compile(r"\bconcurrently\b|\bdatabase\b|\btablespace\b|\bsubscription\b|\benum\b", re.IGNORECASE),
    "select": re.compile(r"\bset_config\b", re.IGNORECASE),
}
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_SESSION_MADE = re.compile(
    r"\A(?:create\s+(?:local\s+|global\s+)?temp(?:orary)?\s+(?:table|view|sequence)\s+(?:if\s+not\s+exists\s+)?"
    r"|prepare\s+|declare\s+)(\"(?:[^\"]|\"\")+\"|[\w.]+)",
    re.IGNORECASE,
)
_OF_A_COMMAND = re.compile(r"\A(.*?) (?:cannot|must not) (?:run|be executed|be)\b", re.IGNORECASE)


@dataclass
class _Cutter:
    """Walk over the statements of one file and close units where they end."""

    migration: Migration
    split: SplitText
    units: list[Unit] = field(default_factory=list)
    first: int = 0
    start: int = 0
    options: str = ""
    block: int | None = None
    settings: tuple[str, ...] = ()
    pending_settings: tuple[str, ...] = ()

    def close(self, last: int, end: int, reach: int) -> None:
        """End the unit under way before the statement ``last``; an empty one that is no block is dropped."""
        if last > self.first or self.block is not None:
            self.units.append(Unit(self.start, end, reach, self.first, last, self.options, None, self.settings))
        self._begin_behind(last, reach)

    def alone(self, index: int, statement: Statement, lone: Lone) -> None:
        """Put a statement that runs alone into a unit of its own."""
        self.close(index, statement.lead, statement.lead)
        unit = Unit(statement.start, statement.end, statement.after, index, index + 1, "", lone, self.settings)
        self.units.append(unit)
        self._begin_behind(index + 1, statement.after)

    def _begin_behind(self, first: int, start: int) -> None:
        self.first, self.start, self.options, self.block = first, start, "", None
        self.settings += self.pending_settings
        self.pending_settings = ()

    def finish(self) -> tuple[Unit, ...]:
        """Return all units; what stands behind the last statement belongs to the last one."""
        count, length = len(self.split.statements), len(self.split.text)
        if count > self.first or not self.units:
            self.units.append(
                Unit(self.start, length, length, self.first, count, self.options, None, self.settings)
            )
        else:
            self.units[-1] = replace(self.units[-1], reach=length)
        return tuple(self.units)


def units_of(
    migration: Migration,
    split: SplitText,
    *,
    directives: Directives | None = None,
    done: int = 0,
    hints: Hints | None = None,
) -> tuple[Unit, ...] | Problem:
    """Return the units of a migration that are left behind ``done`` characters, at least one, or why it has none.

    Each BEGIN…COMMIT is a unit, and so is what stands between two of them; a COMMIT without a BEGIN ends one. Ours
    takes the place of the file's own BEGIN, with its options, and of its COMMIT. ``hints`` are what the server has
    taught about the file.
    """
    hints = hints or Hints()
    one_by_one = directives is not None and not directives.transaction
    cutter = _Cutter(migration, split)
    nodes = [_parse(split, each) for each in split.statements]
    for index, (statement, node) in enumerate(zip(split.statements, nodes, strict=True)):
        problem = _take(cutter, index, statement, node, hints)
        if problem is not None:
            return problem
        if cutter.block is not None or index < cutter.first:
            continue
        if one_by_one or _must_be_committed(cutter, index, nodes, hints):
            cutter.close(index + 1, statement.after, statement.after)
    if cutter.block is not None:
        return _open_block(cutter, split.statements[cutter.block])
    units = cutter.finish()
    problem = _read_only_problem(migration, split, nodes) or _session_problem(migration, split, units)
    if problem is not None:
        return problem
    units = tuple(_with_leading_options(unit, nodes) for unit in units)
    return _behind(units, split, done)


def suspects(split: SplitText, unit: Unit, sqlstate: str, message: str) -> frozenset[int]:
    """Return the statements of a unit that a refusal inside a transaction is probably about.

    25001 names the command (``PreventInTransactionBlock`` in PostgreSQL's src/backend/access/transam/xact.c);
    2D000 comes from a COMMIT in a DO block or a procedure.
    """
    texts = {index: split.source(split.statements[index]) for index in range(unit.first, unit.last)}
    if sqlstate == "2D000":
        blocks = {index for index, text in texts.items() if _starts_with(text, "do")}
        committing = {index for index in blocks if commits_itself(texts[index])}
        calls = {index for index, text in texts.items() if _starts_with(text, "call")}
        return frozenset(committing or calls or blocks)
    named = _OF_A_COMMAND.match(message)
    if named is None:
        return frozenset()
    words = re.findall(r"[a-z]+", named[1].lower())
    return frozenset(index for index, text in texts.items() if _holds_in_order(text, words))


def _parse(split: SplitText, statement: Statement) -> "Node | None":
    """Return the parse tree of a statement that may matter here, else None."""
    word = _WORD.match(split.text, statement.start)
    head = word[0].lower() if word is not None else ""
    telling = _TELLING_TEXTS.get(head)
    if head not in _TELLING_WORDS and (
        telling is None or telling.search(split.text, statement.start, statement.end) is None
    ):
        return None
    from postgast import parse

    return parse(split.source(statement)).stmts[0].stmt


def _take(cutter: _Cutter, index: int, statement: Statement, node: "Node | None", hints: Hints) -> Problem | None:
    """Take one statement in; return why the file cannot be sent, if it cannot."""
    migration = cutter.migration
    if node is not None and node.HasField("copy_stmt") and node.copy_stmt.is_from and not node.copy_stmt.filename:
        return copy_problem(migration, statement.start)
    kind = transaction_kind(node)
    if kind:
        return _take_boundary(cutter, index, statement, kind, node)
    source = cutter.split.source(statement)
    lone = lone_of(source, node) or (forced(source) if index in hints.lone else None)
    if lone is None:
        setting = session_setting(source, node)
        if setting is not None:
            cutter.pending_settings += (setting,)
        return None
    if cutter.block is not None:
        return Problem(
            "no-transaction",
            f"{lone.what} cannot run inside a transaction, and it stands between BEGIN and COMMIT",
            "Put it before the BEGIN or behind the COMMIT, or use a form that a transaction allows.",
            place_at(migration.file, migration.text, statement.start),
        )
    cutter.alone(index, statement, lone)
    return None


def _take_boundary(
    cutter: _Cutter, index: int, statement: Statement, kind: str, node: "Node | None"
) -> Problem | None:
    if kind in ("SAVEPOINT", "RELEASE", "ROLLBACK_TO"):
        return None
    if kind in ("BEGIN", "START"):
        if cutter.block is None:
            cutter.close(index, statement.lead, statement.lead)
            cutter.first, cutter.start = index + 1, statement.after
            cutter.block, cutter.options = index, begin_options([node])
        return None
    if kind == "COMMIT":
        options, block = cutter.options, cutter.block
        cutter.close(index, statement.start, statement.after)
        cutter.first = index + 1
        if node is not None and node.transaction_stmt.chain:
            cutter.block, cutter.options = index, options
        elif block is None and cutter.units:
            # Without a BEGIN there may have been nothing before it; what is behind it starts here all the same.
            cutter.units[-1] = replace(cutter.units[-1], reach=statement.after)
        return None
    word = {"PREPARE": "PREPARE TRANSACTION"}.get(kind, kind.replace("_", " "))
    return Problem(
        "transaction-control",
        f"{word} would undo or detach the migration's own row",
        "Remove it; RAISE EXCEPTION in a DO block makes a migration fail.",
        place_at(cutter.migration.file, cutter.migration.text, statement.start),
    )


def _open_block(cutter: _Cutter, statement: Statement) -> Problem:
    return Problem(
        "open-transaction",
        "the transaction that begins here is never committed, so psql would roll it back",
        "Write COMMIT; where it ends, or remove the BEGIN.",
        place_at(cutter.migration.file, cutter.migration.text, statement.start),
    )


def _must_be_committed(cutter: _Cutter, index: int, nodes: Sequence["Node | None"], hints: Hints) -> bool:
    """Return whether the statement adds an enum value that has to be committed before it is used (55P04)."""
    node, text = nodes[index], cutter.split.text
    if node is None or not node.HasField("alter_enum_stmt") or not node.alter_enum_stmt.new_val:
        return False
    if node.alter_enum_stmt.old_val:
        return False
    name = [item.string.sval for item in node.alter_enum_stmt.type_name]
    if any(_creates_enum(nodes[at], name) for at in range(cutter.first, index)):
        return False
    if hints.commit_enums:
        return True
    label = node.alter_enum_stmt.new_val
    return text.find(label, cutter.split.statements[index].after) >= 0


def _creates_enum(node: "Node | None", name: Sequence[str]) -> bool:
    if node is None or not node.HasField("create_enum_stmt"):
        return False
    made = [item.string.sval for item in node.create_enum_stmt.type_name]
    return bool(made[-1] == name[-1])


def _with_leading_options(unit: Unit, nodes: Sequence["Node | None"]) -> Unit:
    """Return a unit whose BEGIN has what a leading SET TRANSACTION asks for: ours runs before the file's first."""
    if unit.lone is not None or unit.first >= unit.last:
        return unit
    leading = begin_options([nodes[unit.first]])
    if not leading:
        return unit
    own = {option.split()[0]: option for option in unit.begin_options.split(", ") if option}
    own |= {option.split()[0]: option for option in leading.split(", ")}
    return replace(unit, begin_options=", ".join(own.values()))


def _read_only_problem(migration: Migration, split: SplitText, nodes: Sequence["Node | None"]) -> Problem | None:
    """Return the refusal of a READ ONLY transaction: no row can be written in it."""
    for index, node in enumerate(nodes):
        leading = index == 0 or transaction_kind(nodes[index - 1]) in ("BEGIN", "START", "COMMIT")
        if (leading or transaction_kind(node)) and read_only_at(node):
            return Problem(
                "read-only-transaction",
                "its transaction is READ ONLY, so no row of the history can be written in it",
                "Remove READ ONLY.",
                place_at(migration.file, split.text, split.statements[index].start),
            )
    return None


def _session_problem(migration: Migration, split: SplitText, units: Sequence[Unit]) -> Problem | None:
    """Return the refusal of something of the session's that is named behind a statement that runs alone."""
    if not any(unit.lone is not None for unit in units):
        return None
    made: dict[str, int] = {}
    lost: dict[str, int] = {}
    for unit in units:
        if unit.lone is not None:
            lost |= made
        for index in range(unit.first, unit.last):
            statement = split.statements[index]
            source = split.source(statement)
            used = next((name for name in lost if re.search(rf"\b{re.escape(name)}\b", source)), None)
            if used is not None:
                return Problem(
                    "session-state",
                    f"{used} was made for the session before a statement that runs alone, in a session of its own",
                    "Make it behind that statement, or put the statement into a file of its own.",
                    place_at(migration.file, migration.text, statement.start),
                )
            found = _SESSION_MADE.match(source)
            if found is not None:
                made[found[1].rpartition(".")[2].strip('"')] = index
    return None


def _behind(units: Sequence[Unit], split: SplitText, done: int) -> tuple[Unit, ...]:
    """Return what is left of the units behind ``done`` characters; an empty one if nothing is."""
    # The last unit reaches to the end of the file, so what ran alone is known by its own end: what stood behind it
    # can have been taken away since.
    left = [unit for unit in units if (unit.reach if unit.lone is None else unit.end) > done]
    if not left:
        count, length = len(split.statements), len(split.text)
        return (Unit(length, length, length, count, count),)
    if done and left[0].start < done and left[0].lone is None:
        first = next((at for at in range(left[0].first, left[0].last) if split.statements[at].start >= done), None)
        begun = left[0].last if first is None else first
        left[0] = replace(left[0], start=min(done, left[0].end), first=begun)
    return tuple(left)


def _starts_with(text: str, word: str) -> bool:
    return re.match(rf"{word}\b", text, re.IGNORECASE) is not None


def _holds_in_order(text: str, words: Sequence[str]) -> bool:
    """Return whether a statement begins with the first of the words and holds the others behind it."""
    return bool(words) and re.match(r"\b.*?\b".join(words) + r"\b", text, re.IGNORECASE | re.DOTALL) is not None
