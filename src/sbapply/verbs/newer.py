"""Find what in the pending migrations the project's PostgreSQL is too old for."""

from collections.abc import Mapping

from sbapply.history.plan import Plan
from sbapply.migrations.newer import Newer, names_defined, newer_than
from sbapply.verbs.rehearsing import migrations_of
from sbapply.verbs.target import Target


def newer_in(target: Target, plan: Plan, server_version: int) -> Mapping[str, tuple[Newer, ...]]:
    """Return, by version, what a server of ``server_version`` does not know of a plan's pending migrations.

    Names that a file of the folder defines are the project's own. Versions with nothing newer are left out.
    """
    pending = [ready.migration for ready in plan.ready]
    if not any(newer_than(migration, server_version) for migration in pending):
        return {}
    defined = names_defined(migrations_of(target, plan))
    found = {migration.version: newer_than(migration, server_version, defined) for migration in pending}
    return {version: newer for version, newer in found.items() if newer}
