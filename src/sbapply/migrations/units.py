"""Cut a migration's text into its units: what runs in one transaction, and what runs alone."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sbapply.errors import Place
from sbapply.migrations import transactions
from sbapply.migrations.directives import Directives
from sbapply.migrations.enums import EnumLabels
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.lone import learned_lone, lone_of, surely_lone
from sbapply.migrations.session_settings import Setting, names_of, texts_of
from sbapply.migrations.sessions import Session, session_problem
from sbapply.migrations.statements import SplitText, Statement, copy_problem
from sbapply.migrations.suspects import suspects
from sbapply.migrations.telling import parse_telling
from sbapply.migrations.text import place_at, skip_blank
from sbapply.migrations.transactions import Options
from sbapply.migrations.unit import Hints, Lone, Unit
from sbapply.migrations.unreached import unreached_problem

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

__all__ = ["suspects", "units_of"]


def units_of(
    migration: Migration,
    split: SplitText,
    *,
    directives: Directives | None = None,
    done: int = 0,
    hints: Hints | None = None,
) -> tuple[Unit, ...] | Problem:
    """Return the units of a migration that are left, in order, or why its text cannot be sent.

    Every COMMIT is a boundary; what stands between the file's own transactions runs in one of ours. ``done``
    characters were finished by earlier runs, which is where what is left begins. There is one unit at least: an
    empty one at the end of the text, where nothing is left but to write the version's row.
    """
    hints = hints or Hints()
    cut = _Cut(migration, split, done, hints, together=directives is None or directives.transaction)
    for index, statement in enumerate(split.statements):
        problem = cut.resume(index, statement) or cut.take(index, statement, parse_telling(split, statement))
        if problem is not None:
            return problem
    problem = cut.finish() or session_problem(migration, split, cut.session.lost)
    left = tuple(unit for unit in cut.units if unit.reach > done)
    return problem or unreached_problem(migration, split, left, cut.settings, done) or left or (_empty(split),)


def _empty(split: SplitText) -> Unit:
    end, count = len(split.text), len(split.statements)
    return Unit(end, end, end, count, count)


@dataclass(slots=True)
class _Cut:
    """Walk over a file's statements in order and close a unit at each boundary.

    ``start`` and ``first`` are where the open unit begins, ``options`` what stands behind its BEGIN; ``block`` is
    the index of the statement that opened the file's own transaction, None outside of one. ``together`` says that
    what stands outside of one shares transactions of ours. ``settings`` holds, for each statement, those before it;
    ``leading`` says that nothing but options stands before the open unit, ``read_only_at`` is of the last closed.
    """

    migration: Migration
    split: SplitText
    done: int
    hints: Hints
    together: bool
    units: list[Unit] = field(default_factory=list)
    start: int = 0
    first: int = 0
    options: Options = field(default_factory=Options)
    block: int | None = None
    session: Session = field(default_factory=Session)
    settings: list[tuple[Setting, ...]] = field(default_factory=list)
    labels: EnumLabels = field(default_factory=EnumLabels)
    read_only_at: int | None = None
    leading: bool = True
    resumed: bool = False

    def resume(self, index: int, statement: Statement) -> Problem | None:
        """Begin a unit where earlier runs left off, at the first statement that they have not finished."""
        self.settings.append(self.session.settings)
        if self.resumed or statement.end <= self.done:
            return None
        self.resumed = True
        if self.start >= self.done:
            return None
        if self.block is not None or statement.start < self.done:
            return Problem(
                "half-applied",
                "what an earlier run has finished of it ends inside this statement, or this transaction",
                "Put that part of the file back as it was (what stands behind it may change), and push again.",
                self._place(statement if self.block is None else self.split.statements[self.block]),
            )
        follows = skip_blank(self.split.text, self.done) == statement.start
        self._close(index, self.done, self.done)
        self.start = self.done if follows else statement.lead
        return None

    def take(self, index: int, statement: Statement, node: "Node | None") -> Problem | None:
        """Take up one statement; return the problem if it cannot be sent."""
        kind = transactions.transaction_kind(node)
        if kind in transactions.OPENS and self.block is None:
            self._close(index, statement.lead, statement.lead)
            self._open(index, transactions.with_options(Options(), node, statement.start))
            return None
        if kind == "COMMIT":
            return self._commit(index, statement, node)
        if kind and kind not in transactions.INSIDE | transactions.OPENS:
            return transactions.refuse_control(kind, self._place(statement))
        if node is not None and node.HasField("copy_stmt") and _is_from_stdin(node):
            return copy_problem(self.migration, statement.start)
        lone = self._lone(index, statement, node)
        if lone is not None:
            return self._take_alone(index, statement, node, lone)
        self._take_in(index, statement, node)
        return None

    def finish(self) -> Problem | None:
        """Close the last unit, which brings the file to its end."""
        text, statements = self.split.text, self.split.statements
        if self.block is not None:
            return transactions.refuse_open(self._place(statements[self.block]))
        if self.done and statements and not self.resumed:
            self.units.clear()
            self.read_only_at = None
        else:
            self._close(len(statements), len(text), len(text))
        if not self.units:
            self.units.append(Unit(0, len(text), len(text), 0, 0) if not statements else _empty(self.split))
        self.units[-1] = replace(self.units[-1], reach=len(text))
        if self.read_only_at is not None:
            return transactions.refuse_read_only(place_at(self.migration.file, text, self.read_only_at))
        return None

    def _commit(self, index: int, statement: Statement, node: "Node | None") -> Problem | None:
        chained = transactions.chains(node)
        if chained and self.block is None:
            return transactions.refuse_chain(self._place(statement))
        if node is not None:
            self.session.follow(self.split, index, node)
        options = self.options
        self._close(index, statement.start, statement.after)
        if chained:
            self._open(index, options)
        else:
            self.first, self.block = index + 1, None
        return None

    def _open(self, index: int, options: Options) -> None:
        """Begin the unit of the file's own transaction behind the statement that opens it."""
        self.first, self.start = index + 1, self.split.statements[index].after
        self.block, self.options = index, options

    def _close(self, last: int, end: int, reach: int) -> None:
        """Close the open unit before the statement ``last``, at ``end``; the next one begins at ``reach``.

        An empty one that is no transaction of the file's own is dropped.
        """
        if last > self.first or self.block is not None:
            self.units.append(
                Unit(
                    *(self.start, end, reach, self.first, last),
                    begin_options=self.options.behind_begin(),
                    settings=texts_of(self.settings[self.first]),
                    sets=names_of(self.settings[self.first]),
                )
            )
            self.read_only_at = self.options.read_only_at
        self.start, self.first, self.options, self.leading = reach, last, Options(), True
        self.labels.committed(last - 1)

    def _lone(self, index: int, statement: Statement, node: "Node | None") -> Lone | None:
        lone = lone_of(self.split, statement, node) if node is not None else None
        if index in self.hints.lone:
            return lone or learned_lone(self.split, statement)
        if lone is not None and self.block is not None and node is not None and not surely_lone(node):
            return None
        return lone

    def _take_alone(self, index: int, statement: Statement, node: "Node | None", lone: Lone) -> Problem | None:
        if self.block is not None:
            opened = self._place(self.split.statements[self.block])
            return Problem(
                "no-transaction",
                f"{lone.what} cannot run inside a transaction, and line {opened.line} begins one",
                "Write COMMIT; before it and BEGIN; behind it, or remove the BEGIN and COMMIT around it.",
                self._place(statement),
            )
        self._close(index, statement.lead, statement.lead)
        self.units.append(
            Unit(
                *(statement.start, statement.end, statement.after, index, index + 1),
                lone=lone,
                settings=texts_of(self.settings[index]),
                sets=names_of(self.settings[index]),
            )
        )
        self.read_only_at = None
        if node is not None:
            self.session.follow(self.split, index, node)
        self.session.leave(index)
        self.start, self.first = statement.after, index + 1
        return None

    def _take_in(self, index: int, statement: Statement, node: "Node | None") -> None:
        """Take a statement into the open unit, and close that where it must be committed before or behind it."""
        self.leading = self.leading and transactions.sets_options(node)
        if self.leading:
            # Behind our own statements the server would refuse it: our BEGIN takes its place.
            self.options = transactions.with_options(self.options, node, statement.start)
            self.start, self.first = statement.after, index + 1
        if node is not None:
            self.session.follow(self.split, index, node)
        if self.block is not None:
            return
        if not (node is not None and self.labels.follow(index, node)):
            self._commit_labels(statement)
        elif self.hints.commit_enums:
            self._close(index + 1, statement.after, statement.after)
        if not self.together:
            self._close(index + 1, statement.after, statement.after)

    def _commit_labels(self, statement: Statement) -> None:
        """End the open unit behind the last enum value that the statement uses and that is not committed yet."""
        last = self.labels.needed_by(self.split.source(statement), self.first)
        if last is None or last < self.first:
            return
        after = self.split.statements[last].after
        self._close(last + 1, after, after)
        self.leading = False

    def _place(self, statement: Statement) -> Place:
        return place_at(self.migration.file, self.split.text, statement.start)


def _is_from_stdin(node: "Node") -> bool:
    return bool(node.copy_stmt.is_from and not node.copy_stmt.filename)
