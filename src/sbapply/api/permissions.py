"""Name the permission that a scoped token needs for each operation.

Source: ``security`` (``fga_permissions``) of each operation in the API's OpenAPI document. The SQL endpoint lists
two; both are needed, the official CLI (3.1.0) says the same of it. Of a branch's two one is needed: the first for a
preview branch, the second for the main one.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Need:
    """Hold the permissions of one operation: all of them, or ``any_of`` them."""

    names: tuple[str, ...]
    any_of: bool = False

    def __str__(self) -> str:
        return (" or " if self.any_of else " and ").join(self.names)

    def met_by(self, granted: frozenset[str]) -> bool:
        """Tell whether a token with the ``granted`` permissions may do it."""
        return (any if self.any_of else all)(name in granted for name in self.names)


_BRANCHES: Final = Need(("branching_development_read", "branching_production_read"), any_of=True)

NEEDS: Final[dict[tuple[str, str], Need]] = {
    ("GET", "/v1/organizations"): Need(("organizations_read",)),
    ("GET", "/v1/projects"): Need(("projects_read",)),
    ("GET", "/v1/projects/{ref}"): Need(("project_admin_read",)),
    ("GET", "/v1/projects/{ref}/branches"): _BRANCHES,
    ("GET", "/v1/branches/{branch_id_or_ref}"): _BRANCHES,
    ("GET", "/v1/projects/{ref}/health"): Need(("project_admin_read",)),
    ("GET", "/v1/projects/{ref}/readonly"): Need(("database_readonly_config_read",)),
    ("GET", "/v1/projects/{ref}/advisors/security"): Need(("advisors_read",)),
    ("GET", "/v1/projects/{ref}/advisors/performance"): Need(("advisors_read",)),
    ("GET", "/v1/projects/{ref}/api-keys"): Need(("api_gateway_keys_read",)),
    ("GET", "/v1/projects/{ref}/database/backups"): Need(("backups_read",)),
    ("GET", "/v1/projects/{ref}/database/migrations"): Need(("database_migrations_read",)),
    ("POST", "/v1/projects/{ref}/database/migrations"): Need(("database_migrations_write",)),
    ("POST", "/v1/projects/{ref}/database/query"): Need(("database_read", "database_write")),
    ("POST", "/v1/projects/{ref}/database/query/read-only"): Need(("database_read",)),
}


def need_of(method: str, path: str) -> Need | None:
    """Return what a token needs for a request; None where no permission is known for it."""
    return next((need for (verb, pattern), need in _patterns() if verb == method and pattern.fullmatch(path)), None)


@cache
def _patterns() -> tuple[tuple[tuple[str, re.Pattern[str]], Need], ...]:
    return tuple(
        ((method, re.compile(re.sub(r"\{\w+\}", "[^/]+", template))), need)
        for (method, template), need in NEEDS.items()
    )
