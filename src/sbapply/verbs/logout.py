"""Remove the token that `login` kept, and say what remains."""

from collections.abc import Callable
from dataclasses import dataclass

from sbapply.database import Json


@dataclass(frozen=True, slots=True)
class LogoutReport:
    """Hold whether a token was removed, and where others remain that a next run would find."""

    profile: str
    removed: bool
    remaining: tuple[str, ...]

    @property
    def exit_status(self) -> int:
        """Return 0: it is not there any more, or never was."""
        return 0

    def to_json(self) -> dict[str, Json]:
        """Return the document."""
        return {
            "command": "logout",
            "outcome": "removed" if self.removed else "nothing-to-do",
            "profile": self.profile,
            "remaining": list(self.remaining),
            "error": None,
        }


def logout(
    profile: str, *, remove: Callable[[], bool], find_remaining: Callable[[], tuple[str, ...]]
) -> LogoutReport:
    """Remove the token of ``profile`` from the keyring, then look for what remains.

    The token stays valid: only the dashboard revokes it. Raises what ``remove`` raises.
    """
    removed = remove()
    return LogoutReport(profile, removed, find_remaining())
