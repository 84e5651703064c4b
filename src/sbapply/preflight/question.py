"""Hold what is to be asked of a project's rows."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sbapply.database import Json
from sbapply.errors import Place

Kind: TypeAlias = Literal[
    "not-null",
    "check",
    "unique",
    "exclude",
    "foreign-key",
    "type",
    "domain",
    "partition",
    "default-partition",
    "standing",
]


@dataclass(frozen=True, slots=True)
class Wording:
    """Hold the words of a sentence about what was found.

    ``subject`` stands behind the table's name (".total", or nothing); ``one`` and ``many`` name what it holds, and
    ``demand`` is what the statement does that cannot be done then.
    """

    one: str
    many: str
    demand: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Hold one demand of a pending statement on the rows that a project has today.

    ``table`` is the name as the file has it. ``asked`` is what the server is told (``sql/ask.sql``); where
    ``unaskable`` says why nobody can ask, it is not sent. ``repairs`` are the statements before it, in the same
    push, that may change those rows.
    """

    kind: Kind
    version: str
    place: Place
    table: str
    wording: Wording
    asked: dict[str, Json] = field(default_factory=dict)
    repairs: tuple[Place, ...] = ()
    unaskable: str = ""
