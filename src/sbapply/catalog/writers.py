"""Say which transaction wrote an object last, on a server of our own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sbapply.catalog.whole import CatalogObject
from sbapply.database import Database, ask, shaped
from sbapply.templates import fill, load_sql

_COMMENT = -1


@dataclass(frozen=True, slots=True)
class Writers:
    """Hold the numbers of transactions by the number of an object; with -1, of those that wrote its comments."""

    numbers: Mapping[tuple[int, int], int]

    def of(self, item: CatalogObject) -> int | None:
        """Return the number of the transaction that wrote ``item``; None where it stood before, or is unknown."""
        if item.number is None:
            return None
        return self.numbers.get((item.number, _COMMENT if item.kind == "comment" else 0))


def read_writers(database: Database, since: int, *, patience: float) -> Writers:
    """Read what was written from the transaction ``since`` on. Read-only, one request. Raises what ``ask`` does."""
    [row] = ask(database, fill(load_sql("sbapply.catalog", "writers.sql"), since=str(since)), patience=patience)
    with shaped("the catalog"):
        value = row["writers"]
        rows = cast("list[list[int]] | None", json.loads(value) if isinstance(value, str) else value)
        return Writers({(number, sub): xid for number, sub, xid in rows or ()})
