"""Say what the sandbox pretends to be."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from sbapply.api.status import STAGES
from sbapply.errors import ConfigurationError
from sbapply.rehearse.wire import Limits

REF_PATTERN = re.compile(r"[a-z]{20}")


def _new_token() -> str:
    """Return a token of the shape that the official CLI accepts: ``sbp_`` and 40 hex digits."""
    return f"sbp_{secrets.token_hex(20)}"


@dataclass(frozen=True, slots=True)
class SandboxBranch:
    """Set up one pretended preview branch: ``status`` is the branch's word, ``project_status`` a project's.

    ``database`` gives libpq's connection string for a role, as the project's own does.
    """

    name: str
    ref: str
    database: Callable[[str], str] = field(repr=False)
    status: str = "FUNCTIONS_DEPLOYED"
    project_status: str = "ACTIVE_HEALTHY"
    git_branch: str | None = None

    @property
    def paused(self) -> bool:
        """Tell whether the branch's database does not answer."""
        return self.project_status != "ACTIVE_HEALTHY"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Set up one pretended project and account.

    ``token`` is made anew each time unless given, because other people on the machine can reach a local port.
    ``token_permissions`` makes it a scoped token with only these permissions; None is a classic token, with all.
    ``status`` is one of the API's words; anything but ACTIVE_HEALTHY makes the SQL endpoint answer 544.
    ``requests_per_minute`` is counted per endpoint, None lifts it (120 is the platform's: management-api.md §1.6).
    ``body_bytes`` is the platform's limit as people measured it, about 1 MB; the SQL server behind has its own
    of 3 MB. ``annotate`` appends the comment that the platform appends. ``branches`` are its preview branches.
    Raises ``ConfigurationError``.
    """

    ref: str = "sandboxsandboxsandbx"
    name: str = "Local sandbox"
    token: str = field(default_factory=_new_token, repr=False)
    token_permissions: frozenset[str] | None = None
    organization: str = "local-sandbox"
    region: str = "local"
    status: str = "ACTIVE_HEALTHY"
    postgres_version: int = 18
    created_at: str = "2026-01-01T00:00:00Z"
    user_id: str = "00000000-0000-4000-8000-000000000000"
    requests_per_minute: int | None = 120
    body_bytes: int = 1_000_000
    annotate: bool = True
    branches: tuple[SandboxBranch, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not REF_PATTERN.fullmatch(self.ref):
            raise ConfigurationError(
                f"{self.ref!r} is no project ref.", "Use 20 lower-case letters, as Supabase's refs are."
            )
        if self.status not in STAGES:
            raise ConfigurationError(f"{self.status!r} is no status.", f"Use one of {', '.join(STAGES)}.")

    @property
    def paused(self) -> bool:
        """Tell whether the pretended project's database does not answer."""
        return self.status != "ACTIVE_HEALTHY"
