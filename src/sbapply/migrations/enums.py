"""Find where a new enum value has to be committed before it can be used (55P04 otherwise)."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sbapply.migrations.bodies import body_of_do

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

_ADD_VALUE = re.compile(r"\badd\s+value\b(?:\s+if\s+not\s+exists\b)?\s*'((?:[^']|'')*)'", re.IGNORECASE)
# A label stands between two of these wherever it is used: in quotes, in a dollar body, in an array's text.
_EDGES = re.compile(r"['\"$]")


@dataclass(frozen=True, slots=True)
class AddedValue:
    """Hold which statement adds a label; ``type_made`` is the index of its type's CREATE TYPE, if that is known.

    A label of a type that was made in the same transaction can be used at once.
    """

    index: int
    type_made: int | None


@dataclass(slots=True)
class EnumLabels:
    """Hold the types that a part of a file makes and the labels that it adds, up to where it has to end."""

    made: dict[tuple[str, ...], int] = field(default_factory=dict)
    added: dict[str, AddedValue] = field(default_factory=dict)

    def follow(self, index: int, node: "Node | None") -> bool:
        """Take up what one statement makes or adds; return whether it adds a label."""
        if node is None:
            return False
        if node.HasField("create_enum_stmt"):
            self.made[_name_of(node.create_enum_stmt.type_name)] = index
        labels = labels_added(node)
        for label in labels:
            type_made = None
            if node.HasField("alter_enum_stmt"):
                type_made = self.made.get(_name_of(node.alter_enum_stmt.type_name))
            if label not in self.added or type_made is None:
                self.added[label] = AddedValue(index, type_made)
        return bool(labels)

    def needed_by(self, source: str, first: int) -> int | None:
        """Return the index of the statement behind which a part that begins with ``first`` has to end.

        It is the last that adds a label which ``source`` uses, None if it uses none that has to be committed. Told
        by the label's text, so a part may end that need not.
        """
        if not self.added:
            return None
        used = (self.added[label] for label in _quoted(source) if label in self.added)
        return max((each.index for each in used if each.type_made is None or each.type_made < first), default=None)

    def committed(self, index: int) -> None:
        """Take up that everything up to the statement of this index is committed."""
        if self.added:
            self.added = {label: each for label, each in self.added.items() if each.index > index}


def labels_added(node: "Node") -> list[str]:
    """Return the labels that an ALTER TYPE … ADD VALUE, or a DO block that holds some, adds."""
    if node.HasField("alter_enum_stmt"):
        statement = node.alter_enum_stmt
        return [] if statement.old_val else [str(statement.new_val)]
    body = body_of_do(node)
    return [label.replace("''", "'") for label in _ADD_VALUE.findall(body)] if body is not None else []


def _quoted(source: str) -> set[str]:
    """Return what stands between quotes in a statement, and between commas within braces in them."""
    found: set[str] = set()
    for part in _EDGES.split(source):
        if part.startswith("{") and part.endswith("}"):
            found.update(label.strip() for label in part[1:-1].split(","))
        else:
            found.add(part)
    return found


def _name_of(names: "list[Node]") -> tuple[str, ...]:
    return tuple(str(each.string.sval) for each in names)
