"""Know which migration of a rehearsal a transaction belongs to."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sbapply.catalog.usual import is_usual
from sbapply.catalog.whole import CatalogObject, Identity, WholeCatalog
from sbapply.catalog.writers import Writers
from sbapply.database import Database, ask
from sbapply.migrations.files import Migration
from sbapply.rehearse.vanished import Vanished
from sbapply.rehearse.withdrawn import withdrawn
from sbapply.templates import load_sql
from sbapply.verify.claims import Claim
from sbapply.verify.whole import claim_of, claim_of_absence, is_claimed


@dataclass(slots=True)
class Timeline:
    """Hold where the transactions of each migration begin, in the order in which they ran."""

    _begins: list[int] = field(default_factory=list)
    _migrations: list[Migration] = field(default_factory=list)

    def add(self, begin: int, migrations: Sequence[Migration], database: Database, *, patience: float) -> None:
        """Take in migrations that ran together from the transaction ``begin`` on.

        Where there are several, the transaction that wrote a row of the history is the first of that migration.
        """
        begins: Mapping[str, int] = {}
        if len(migrations) > 1:
            rows = ask(database, load_sql("sbapply.rehearse", "begins.sql"), patience=patience)
            begins = {str(row["version"]): int(str(row["xid"])) for row in rows}
        for place, migration in enumerate(migrations):
            self._begins.append(begins[migration.version] if place else begin)
            self._migrations.append(migration)

    def claims(self, catalog: WholeCatalog, writers: Writers) -> tuple[Claim, ...]:
        """Return what the migrations claim of objects that are no parts of tables, as they are at the end."""
        claimed = (item for item in catalog.own() if is_claimed(item) and not is_usual(item, catalog))
        found = ((item, self._maker(item, writers)) for item in claimed)
        return tuple(claim_of(item, maker.version) for item, maker in found if maker is not None)

    def claims_of_absence(
        self, vanished: Sequence[Vanished], catalog: WholeCatalog, wrote: Mapping[Identity, str]
    ) -> tuple[Claim, ...]:
        """Return what the migrations claim of objects and grants that they took away; see ``withdrawn``."""
        gone = {each.identity: self._at(each.xid).version for each in vanished}
        gone |= withdrawn(self._migrations, catalog, wrote)
        return tuple(claim_of_absence(identity, version) for identity, version in gone.items())

    def _at(self, xid: int) -> Migration:
        return self._migrations[max(bisect_right(self._begins, xid) - 1, 0)]

    def _maker(self, item: CatalogObject, writers: Writers) -> Migration | None:
        """Return the migration that wrote an object last, None for one that stood before."""
        xid = writers.of(item)
        if xid is None:
            # Roles, settings and rows that are configuration have no transaction that could be read.
            unwritten = item.number is not None and item.kind != "role"
            return None if unwritten else self._last(item.key[0] if item.kind == "cron job" else item.key[-1])
        maker = self._at(xid)
        if item.kind != "privilege":
            return maker
        # They are kept in the row of what they are about, with much else.
        return self._last(item.key[-2], "grant", "revoke") or maker

    def _last(self, name: str, *words: str) -> Migration | None:
        """Return the last migration that speaks of ``name``, and uses one of ``words`` if there are any."""
        return next(
            (
                each
                for each in reversed(self._migrations)
                if name in each.text and (not words or any(word in each.text.lower() for word in words))
            ),
            None,
        )
