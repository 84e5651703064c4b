"""Say what a writer of one kind gives: statements, each with the phase in which it can run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from sbapply.catalog.kinds import Kind
from sbapply.catalog.whole import CatalogObject, WholeCatalog


class Phase(IntEnum):
    """Order what is built; within a phase what is needed comes first, else the catalog's order stands.

    An object that one of an earlier phase needs is made in that phase: a primary key that a view groups by, say.
    """

    ROLES = 10
    SCHEMAS = 20
    EXTENSIONS = 30
    SHELLS = 40
    OBJECTS = 50
    OWNED = 55
    ROWS = 65
    CONSTRAINTS = 70
    INDEXES = 80
    REFERENCES = 90
    RULES = 100
    FILLED = 105
    TRIGGERS = 110
    POLICIES = 120
    OWNERSHIP = 125
    PRIVILEGES = 130
    COMMENTS = 140
    SETTINGS = 150


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold one statement, without its semicolon, and when it can run.

    One that ``stays`` is run in its phase even where an object of an earlier phase needs the rest of its object.
    """

    phase: Phase
    sql: str
    stays: bool = False


Writer: TypeAlias = Callable[[CatalogObject, WholeCatalog], Sequence[Piece]]
Writers: TypeAlias = Mapping[Kind, Writer]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Break a cycle: ``first`` makes of an object what can be without what it needs ``later``, ``rest`` the rest.

    What ``first`` makes has to do for everything else in the cycle: it has the object's name and its row type or
    signature.
    """

    first: Writer
    rest: Writer


StandIns: TypeAlias = Mapping[Kind, StandIn]
"""The kinds that can be made in two steps, those first that are rather broken than others."""
