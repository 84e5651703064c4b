"""Warn of tables whose policies and row security do not go together, which no migration claims."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sbapply.catalog.names import dotted
from sbapply.database import Json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Exposure:
    """Name a table where row security is ``enabled`` and no policy is there, or where it is the other way round."""

    schema: str
    table: str
    enabled: bool

    @property
    def object(self) -> str:
        """Return the table's name for a reader."""
        return dotted((self.schema, self.table))

    @property
    def kind(self) -> str:
        """Return a word for a program that reads it."""
        return "row-security-without-policy" if self.enabled else "policy-without-row-security"

    @property
    def message(self) -> str:
        """Return one sentence."""
        if self.enabled:
            return f"{self.object} has row security and no policy: through the API only service_role sees rows"
        return f"{self.object} has policies and row security is not enabled: they do nothing"

    def to_json(self) -> dict[str, Json]:
        """Return the kind, the table's name and the sentence."""
        return {"kind": self.kind, "object": self.object, "message": self.message}


def exposures_of(rows: Json) -> tuple[Exposure, ...]:
    """Read the answer of ``exposure.sql``; null if there is no such table."""
    listed = cast("Sequence[Mapping[str, Json]]", rows or ())
    return tuple(Exposure(str(row["schema"]), str(row["table"]), bool(row["enabled"])) for row in listed)
