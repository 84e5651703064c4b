"""Say who the token belongs to and where it comes from."""

from collections.abc import Callable
from dataclasses import dataclass

from sbapply.database import Json
from sbapply.errors import Unauthorised
from sbapply.verbs.account import Account


@dataclass(frozen=True, slots=True)
class TokenOrigin:
    """Hold where a token comes from: one word, words, and the keyring's class where it is from one."""

    kind: str
    source: str
    backend: str | None
    warning: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Return the facts; the token is none of them."""
        return {"kind": self.kind, "source": self.source, "backend": self.backend, "warning": self.warning}


@dataclass(frozen=True, slots=True)
class WhoamiReport:
    """Hold whose token it is, None where the API knows it but does not tell, and its origin."""

    profile: str
    account: Account | None
    origin: TokenOrigin

    @property
    def exit_status(self) -> int:
        """Return 0: the API knows the token."""
        return 0

    def to_json(self) -> dict[str, Json]:
        """Return the document."""
        return {
            "command": "whoami",
            "profile": self.profile,
            "account": self.account.to_json() if self.account else None,
            "token": self.origin.to_json(),
            "error": None,
        }


def whoami(profile: str, origin: TokenOrigin, identify: Callable[[], Account | None]) -> WhoamiReport:
    """Ask the API whose token it is that was found in ``origin``.

    Raises ``Unauthorised``, which says which token was refused, and whatever ``identify`` raises.
    """
    try:
        account = identify()
    except Unauthorised as error:
        raise Unauthorised(f"{error.message} (It comes from {origin.source}.)", error.next_step) from error
    return WhoamiReport(profile, account, origin)
