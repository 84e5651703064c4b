"""Say who somebody is to the API, as every verb that deals with tokens does."""

from dataclasses import dataclass

from sbapply.database import Json


@dataclass(frozen=True, slots=True)
class Account:
    """Hold whose token it is. Made of what the API says of itself; its texts are data."""

    email: str
    username: str
    id: str

    @property
    def title(self) -> str:
        """Return the address, and the name where it says more."""
        return self.email if self.username in ("", self.email) else f"{self.email} ({self.username})"

    def to_json(self) -> dict[str, Json]:
        """Return the three facts."""
        return {"email": self.email, "username": self.username, "id": self.id}


def title_of(account: Account | None) -> str:
    """Return who it is, or that the API does not say: a scoped token may not ask."""
    return account.title if account is not None else "an account that this token may not ask the name of"
