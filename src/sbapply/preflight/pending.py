"""Hold what the pending statements so far have made of the project, and put questions to what is left of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sbapply.database import Json
from sbapply.preflight.here import Here, places_of
from sbapply.preflight.question import Kind, Question, Wording
from sbapply.preflight.tables import Step, Table, Tables
from sbapply.preflight.trees import Name, columns_in, functions_in, types_in


@dataclass(frozen=True, slots=True)
class MadeType:
    """Hold a type that the push makes; ``labels`` are those of an enum, None for another."""

    here: Here
    labels: tuple[str, ...] | None = None


@dataclass(slots=True)
class Pending:
    """Hold tables, functions and types as the statements so far leave them, and the questions that they put.

    ``functions`` are those that the push makes or changes: the ones of today may answer otherwise. ``labels`` are
    added to enums that stand. ``changes`` are statements that may have changed any row at all.
    """

    tables: Tables = field(default_factory=Tables)
    functions: dict[str, Here] = field(default_factory=dict)
    types: dict[str, MadeType] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    changes: list[Here] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def put(
        self,
        kind: Kind,
        here: Here,
        table: Table,
        wording: Wording,
        asked: dict[str, Json],
        *,
        columns: Iterable[str] | None,
        expressions: Sequence[Any] = (),
        parent: Table | None = None,
        parent_columns: Iterable[str] | None = (),
        only: bool = False,
        unaskable: str = "",
    ) -> None:
        """Put a question to the rows of a table, unless the push makes it or has dropped what it is about.

        ``columns`` are those that the question reads, None for all; ``expressions`` are the parse trees it holds.
        """
        wanted = None if columns is None else list(columns)
        if table.today is None or (wanted is not None and not table.dropped.isdisjoint(wanted)):
            return
        steps = table.needed(wanted)
        sources: dict[str, Json] = {"rows": {**table.source(steps), "only": only}}
        changes = [*table.changes, *self.changes]
        if parent is not None:
            changes += parent.changes
            if parent.today is not None:
                parent_steps = parent.needed(parent_columns)
                steps = [*steps, *parent_steps]
                sources["parent"] = {**parent.source(parent_steps), "only": True}
        self.questions.append(
            Question(
                kind,
                here.migration.version,
                here.place,
                table.plain_name,
                wording,
                {**asked, "path": self.tables.path, "sources": sources, "functions": _told(expressions, steps)},
                places_of(changes),
                unaskable or self.unaskable(*expressions) or next((s.unaskable for s in steps if s.unaskable), ""),
            )
        )

    def put_to_domain(
        self, here: Here, name: Name, wording: Wording, asked: dict[str, Json], *, expressions: Sequence[Any] = ()
    ) -> None:
        """Put a question to every column of a domain, unless the push makes it."""
        if name[-1] in self.types:
            return
        self.questions.append(
            Question(
                "domain",
                here.migration.version,
                here.place,
                ".".join(name),
                wording,
                {**asked, "path": self.tables.path, "sources": {}, "functions": _told(expressions, ())},
                places_of(self.changes),
                self.unaskable(*expressions),
            )
        )

    def unaskable(self, *expressions: Any) -> str:
        """Say why an expression cannot be asked today: the push makes or changes what it calls or names."""
        for expression in expressions:
            for name in sorted(functions_in(expression)):
                if name[-1] in self.functions:
                    return f"it calls {'.'.join(name)}, which {self.functions[name[-1]].place} makes"
            for name in sorted(types_in(expression)):
                if name[-1] in self.types:
                    return f"it names the type {'.'.join(name)}, which {self.types[name[-1]].here.place} makes"
        return ""


def read_by(*expressions: Any) -> tuple[str, ...] | None:
    """Return the columns that expressions may name; None where one names a whole row."""
    found: dict[str, None] = {}
    for expression in expressions:
        columns = columns_in(expression)
        if columns is None:
            return None
        found |= dict.fromkeys(columns)
    return tuple(found)


def _told(expressions: Sequence[Any], steps: Iterable[Step]) -> list[Json]:
    names: set[Name] = set()
    for expression in expressions:
        names |= functions_in(expression)
    for step in steps:
        names |= step.functions
    return [list(name) for name in sorted(names)]
