"""Name the statement that is being read; its place is worked out only where somebody is told of it."""

from dataclasses import dataclass

from sbapply.errors import Place
from sbapply.migrations.files import Migration
from sbapply.migrations.text import place_at

_MOST = 5


@dataclass(frozen=True, slots=True)
class Here:
    """Name a statement of a pending migration: the ``number``-th of all, at ``offset`` in its file."""

    number: int
    migration: Migration
    offset: int

    @property
    def place(self) -> Place:
        """Return where the statement stands."""
        return place_at(self.migration.file, self.migration.text, self.offset)


def noted(changes: list[Here], here: Here) -> None:
    """Add a statement to those that may have changed rows, of which the last few are enough to know."""
    changes.append(here)
    del changes[:-_MOST]


def places_of(changes: list[Here]) -> tuple[Place, ...]:
    """Return the places of the last few of these statements, in order."""
    last = sorted({each.number: each for each in changes}.items())[-_MOST:]
    return tuple(each.place for _, each in last)
