"""Take a new token in: from somebody at a terminal, from standard input, or from nobody."""

import sys
from typing import Protocol

from sbapply.auth.token import Token
from sbapply.auth.words import check_new_word
from sbapply.errors import TokenMalformed, TokenMissing, UsageError

_AT_MOST = 65_536


class Entry(Protocol):
    """Be a way in which a new token is given. Whether somebody can be asked is a type, never a question."""

    def check(self) -> None:
        """Raise ``UsageError`` if no token can come this way, before anything else is tried."""
        ...

    def read(self) -> Token:
        """Return the token. Raises ``TokenMalformed`` and ``TokenMissing``."""
        ...


class Typed:
    """Ask at the terminal, without showing what is typed."""

    def check(self) -> None:
        """Have nothing against it."""

    def read(self) -> Token:
        """Ask on the terminal; see ``Entry.read``."""
        import getpass
        import warnings

        with warnings.catch_warnings():
            # Where the echo cannot be switched off getpass warns and goes on; here the warning ends it.
            warnings.simplefilter("error", getpass.GetPassWarning)
            try:
                given = getpass.getpass("Access token (begins with sbp_, not shown): ")
            except KeyboardInterrupt:
                _end_line()
                raise
            except EOFError:
                _end_line()
                raise TokenMissing("No token was given; nothing was stored.", "Run it again.") from None
            except (getpass.GetPassWarning, OSError):
                raise TokenMissing(
                    "This terminal would show what is typed, so nothing was asked.",
                    "Pipe the token in with `sbapply login --stdin`.",
                ) from None
        return Token(check_new_word(given, "the answer"), "what was typed", kind="given")


class Piped:
    """Read standard input to its end."""

    def __init__(self) -> None:
        self._token: Token | None = None

    def check(self) -> None:
        """Read it at once: a word that is no token is told before anything is asked of a keyring.

        Raises ``UsageError`` where standard input is a terminal, which would show what is typed, and as ``read``.
        """
        if sys.stdin is None:
            raise TokenMissing("There is no standard input.", "Pipe the token in.")
        if sys.stdin.isatty():
            raise UsageError(
                "With --stdin the token would be shown on the terminal as it is typed.",
                "Leave out --stdin to be asked for it, or pipe it in.",
            )
        self._token = self.read()

    def read(self) -> Token:
        """Return what was read; see ``Entry.read``."""
        if self._token is not None:
            return self._token
        source = "standard input"
        raw = sys.stdin.buffer.read(_AT_MOST + 1)
        if len(raw) > _AT_MOST:
            raise TokenMalformed(f"What {source} holds is far too long for a token.", "Pipe in the token alone.")
        # A pipe out of an older PowerShell carries UTF-16.
        encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        return Token(check_new_word(raw.decode(encoding, "replace"), source), source, kind="given")


class Unasked:
    """Stand for the lack of a terminal: there is nobody to ask."""

    def check(self) -> None:
        """Raise ``TokenMissing``: a token never comes this way."""
        self.read()

    def read(self) -> Token:
        """Raise ``TokenMissing``."""
        raise TokenMissing(
            "There is no terminal to ask for the token on, so nothing was stored.",
            "Pipe it in with `sbapply login --stdin`; in CI set SUPABASE_ACCESS_TOKEN instead of logging in.",
        )


def _end_line() -> None:
    """End the line of a question that was not answered, so that what is said next does not hang behind it."""
    sys.stderr.write("\n")


def entry_for(*, stdin: bool, interactive: bool) -> Entry:
    """Return the way in which a token can be given to this process."""
    if stdin:
        return Piped()
    return Typed() if interactive else Unasked()
