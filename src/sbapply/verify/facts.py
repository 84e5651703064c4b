"""Read facts: what a database says about named objects, the same way in the rehearsal and on the project."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from sbapply.database import Database, Json, ask
from sbapply.errors import ReadFailed
from sbapply.verify.queries import Subject, facts_sql

if TYPE_CHECKING:
    from sbapply.catalog.model import Key

Named: TypeAlias = "tuple[str, Key]"


@dataclass(frozen=True, slots=True)
class Fact:
    """Hold what was found about one object.

    ``value`` is None if ``pg_catalog`` has no such object; ``visible`` is False if ``information_schema``, where
    it covers the kind, hides it from this role.
    """

    value: Json
    visible: bool


ABSENT = Fact(None, visible=False)

# The number is sent and comes back; answers are bounded.
_AT_ONCE = 1000


def read_facts(database: Database, named: Sequence[Named], *, patience: float) -> dict[Named, Fact]:
    """Ask for the facts of ``named`` (kind and key) without effect, a thousand a request.

    ``database`` keeps one session, which has run ``queries.prepared_facts``.
    Raises what ``sbapply.database.ask`` raises, and ``ReadFailed`` if the answer is not one row.
    """
    read: dict[Named, Fact] = {}
    for first in range(0, len(named), _AT_ONCE):
        subjects = [Subject(number, *name) for number, name in enumerate(named[first : first + _AT_ONCE])]
        rows = ask(database, facts_sql(subjects), patience=patience)
        if len(rows) != 1 or "facts" not in rows[0]:
            raise ReadFailed("The answer to the question for facts is not one row.", "Run the command again.")
        found = facts_of(parsed(rows[0]["facts"]))
        read |= {(item.kind, item.key): found.get(item.number, ABSENT) for item in subjects}
    return read


def facts_of(arrays: Json) -> dict[int, Fact]:
    """Read the answer of the fact files: a list of lists of rows, to a fact by number."""
    found: dict[int, Fact] = {}
    for rows in cast("list[list[Mapping[str, Json]] | None]", arrays):
        for row in rows or ():
            found[cast("int", row["number"])] = Fact(row["fact"], visible=bool(row["visible"]))
    return found


def parsed(value: Json) -> Json:
    """Return a json column as values, whether the wire parsed it already or not."""
    return cast("Json", json.loads(value)) if isinstance(value, str) else value
