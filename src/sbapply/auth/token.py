"""Hold a personal access token so that it cannot be shown by accident, and find it."""

import os
from collections.abc import Mapping

from sbapply.errors import ConfigurationError, TokenMissing

KEYRING_SERVICE = "sbapply"


class Token:
    """Wrap a token: every way of turning it into text hides it; only ``reveal`` gives it away."""

    __slots__ = ("_secret", "source")

    def __init__(self, secret: str, source: str) -> None:
        self._secret = secret
        self.source = source

    def __repr__(self) -> str:
        return f"Token(hidden, from {self.source})"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a token is not pickled")

    def reveal(self) -> str:
        """Return the secret itself, for the Authorization header alone."""
        return self._secret


def find_token(*, profile: str = "default", environ: Mapping[str, str] = os.environ) -> Token:
    """Return the token from ``SUPABASE_ACCESS_TOKEN``, else from the OS keyring (service ``sbapply``).

    ``profile`` is the keyring account. Read-only. Raises ``TokenMissing`` if neither has one and
    ``ConfigurationError`` for what cannot be a token.
    """
    secret = environ.get("SUPABASE_ACCESS_TOKEN", "").strip()
    if secret:
        return _checked(secret, "SUPABASE_ACCESS_TOKEN")
    stored = (_from_keyring(profile) or "").strip()
    if stored:
        return _checked(stored, "the OS keyring")
    raise TokenMissing(
        "No access token was found: SUPABASE_ACCESS_TOKEN is not set and the OS keyring holds none for sbapply.",
        "Make one at https://supabase.com/dashboard/account/tokens and store it with "
        f"`keyring set {KEYRING_SERVICE} {profile}`; in CI set SUPABASE_ACCESS_TOKEN.",
    )


def _checked(secret: str, source: str) -> Token:
    # A header cannot hold it, and the HTTP library would say so by quoting the whole header.
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise ConfigurationError(
            f"What {source} holds is no access token: it has a blank, a control or a non-ASCII character in it.",
            "Copy the token once more; it is one word that begins with sbp_.",
        )
    return Token(secret, source)


def _from_keyring(profile: str) -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, profile)
    except (KeyringError, RuntimeError, ImportError):
        # A missing or locked keyring is the same as an empty one here: the caller says where a token can stand.
        return None
