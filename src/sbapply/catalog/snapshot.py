"""Read a catalog with one read-only question."""

import json
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from sbapply.catalog.model import Catalog
from sbapply.database import Database, Json, ask, shaped
from sbapply.errors import ReadFailed
from sbapply.templates import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS_SQL = files("sbapply.catalog").joinpath("settings.sql").read_text(encoding="utf-8")
"""What makes deparsed definitions independent of the role, the session and the place: ``set local`` statements."""

_SELECT = files("sbapply.catalog").joinpath("snapshot.sql").read_text(encoding="utf-8").rstrip()

SNAPSHOT_SELECT = fill(_SELECT, among="")
"""One SELECT of one row with one json column, ``catalog``; to be run after ``SETTINGS_SQL``, in its transaction."""

SNAPSHOT_SELECT_AMONG = fill(_SELECT, among=" and c.oid in (select among.oid from among)")
"""The same, of the tables whose oids are in ``among``, which the query that holds it has to define."""

SNAPSHOT_SQL = f"begin read only;\n{SETTINGS_SQL}{SNAPSHOT_SELECT};\nrollback;"
"""The whole question: a transaction of its own that is rolled back."""


def read_catalog(database: Database, *, patience: float = 20.0) -> Catalog:
    """Read the catalog of ``database`` in one request, without effect and without any privilege.

    Left out are system schemas, temporary objects, ``supabase_migrations`` and what belongs to an extension.
    Raises ``ReadFailed`` after ``patience`` seconds without an answer, ``SqlError`` and the lasting kinds of
    ``NotSent`` at once.
    """
    rows = ask(database, SNAPSHOT_SQL, patience=patience)
    if len(rows) != 1 or "catalog" not in rows[0]:
        raise ReadFailed("The answer to the question for the catalog is not one row.", "Run the command again.")
    with shaped("the catalog"):
        return catalog_of(rows[0]["catalog"])


def catalog_of(value: Json) -> Catalog:
    """Read the value of the column ``catalog``, for a request that carried ``SNAPSHOT_SELECT`` itself."""
    parsed = json.loads(value) if isinstance(value, str) else value
    return Catalog.from_json(cast("Mapping[str, Json]", parsed))
