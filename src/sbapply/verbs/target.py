"""Say what a verb works on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sbapply.config import Consent, Limits
from sbapply.database import Clock, Database, Json, Patience
from sbapply.migrations.assertions import AssertionFolder
from sbapply.migrations.files import Folder, Migration

if TYPE_CHECKING:
    # It brings the engine with it, which a verb that does not rehearse need not wait for (35 ms).
    from collections.abc import Collection, Sequence

    from sbapply.advise.finding import Finding
    from sbapply.catalog.whole import WholeCatalog
    from sbapply.rehearse.rehearsal import Rehearsal
    from sbapply.rehearse.squashing import Squashed


class CountedDatabase(Database, Protocol):
    """Be a ``Database`` that counts its requests."""

    requests: int


class PlatformAdvisor(Protocol):
    """Ask one of the platform's advisors, ``security`` or ``performance``, what it finds."""

    def __call__(self, advisor: str, timeout: float, /) -> "Sequence[Finding]":
        """Ask once, read-only; raises ``DatabaseError``."""
        ...


class Rehearser(Protocol):
    """Run migrations on a scratch Postgres.

    All raise ``RehearsalFailed`` at the first migration that fails, ``LocalMissing`` or ``EngineError``.
    """

    def replay(self, migrations: "Sequence[Migration]", pending: "Collection[str]" = ()) -> "Rehearsal":
        """Run ``migrations`` from nothing; watch those whose versions are ``pending``."""
        ...

    def clone(self, database: Database, pending: "Sequence[Migration]") -> "Rehearsal":
        """Run ``pending`` on a copy of the schema of ``database``; one request reads it, and raises its errors."""
        ...

    def replayed(self, migrations: "Sequence[Migration]") -> "WholeCatalog":
        """Run ``migrations`` from nothing; return the whole schema that they leave."""
        ...

    def differences(self, catalog: "WholeCatalog", migration: Migration) -> tuple[str, ...]:
        """Run ``migration`` from nothing; name what of the project's own is not as in ``catalog``."""
        ...

    def squashed(self, migrations: "Sequence[Migration]", into: Migration, *, with_data: bool) -> "Squashed":
        """Write one migration that builds what ``migrations`` do, and replay both from nothing.

        ``into`` is that one, with the text that it is to begin with.
        """
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """Hold the folder of migrations, the project's database, how to rehearse, and what is asserted of the project.

    ``reader`` is the same database as a role that cannot write; ``name`` is the project's own name, or the
    branch's, None where it was not asked for. ``parent`` is the ref of the project whose preview branch this is,
    and ``consent`` what a yes has to be. ``platform_advisor`` is None unless advice is wanted.
    """

    ref: str
    name: str | None
    folder: Folder
    database: CountedDatabase
    reader: CountedDatabase
    rehearser: Rehearser
    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=Clock)
    assertions: AssertionFolder = field(default_factory=AssertionFolder)
    platform_advisor: PlatformAdvisor | None = None
    consent: Consent = field(default_factory=Consent)
    parent: str | None = None

    @property
    def title(self) -> str:
        """Return the project as consent and reports name it."""
        if self.parent is not None:
            return f"branch {self.name} of {self.parent} ({self.ref})"
        return f"{self.name} ({self.ref})" if self.name else self.ref

    def to_json(self) -> dict[str, Json]:
        """Return the ref and the name, and of a branch the project that it belongs to."""
        parent: dict[str, Json] = {"parent_project": self.parent} if self.parent is not None else {}
        return {"project": self.ref, "project_name": self.name, **parent}
