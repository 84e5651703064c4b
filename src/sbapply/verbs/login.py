"""Take a token in, once a machine: ask the API whose it is, then have it kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sbapply.database import Json
from sbapply.verbs.account import Account

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LoginReport:
    """Hold whose token is kept now, for which profile, and in which keyring; never the token."""

    profile: str
    account: Account | None
    backend: str
    replaced: bool
    warnings: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """Return 0: it is kept, and was read back."""
        return 0

    def to_json(self) -> dict[str, Json]:
        """Return the document."""
        return {
            "command": "login",
            "outcome": "stored",
            "profile": self.profile,
            "account": self.account.to_json() if self.account else None,
            "backend": self.backend,
            "replaced": self.replaced,
            "warnings": list(self.warnings),
            "error": None,
        }


def login(
    profile: str,
    *,
    check: Callable[[], bool],
    enter: Callable[[], T],
    identify: Callable[[T], Account | None],
    keep: Callable[[T], str],
    warn: Callable[[T, str], tuple[str, ...]],
) -> LoginReport:
    """Have a token entered, asked about and kept, in this order; nothing is kept that the API does not know.

    ``check`` tells whether one is kept already, and raises before somebody has typed for nothing; ``keep`` reads
    back what it wrote and returns the keyring's class; ``warn`` is given the token and that class. The token is of
    a type that this verb knows nothing of, so it cannot show it. Raises what the callables raise.
    """
    replaced = check()
    token = enter()
    account = identify(token)
    backend = keep(token)
    return LoginReport(profile, account, backend, replaced, warn(token, backend))
