"""Hold a personal access token so that it cannot be shown by accident, and find it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from sbapply.auth.words import TOKENS_PAGE, check_word
from sbapply.errors import KeyringUnusable, TokenMissing, UsageError
from sbapply.redaction import hide

if TYPE_CHECKING:
    from sbapply.auth.machine import Machine

VARIABLE = "SUPABASE_ACCESS_TOKEN"
Kind = Literal["environment", "keyring", "official-cli", "official-file", "given"]


class Token:
    """Wrap a token: every way of turning it into text hides it; only ``reveal`` gives it away.

    ``source`` says in words where it comes from and ``kind`` in one; ``backend`` is the class of the keyring that
    gave it, and ``warning`` what its user should be told, if anything.
    """

    __slots__ = ("_secret", "backend", "kind", "source", "warning")

    def __init__(
        self,
        secret: str,
        source: str,
        *,
        kind: Kind = "given",
        backend: str | None = None,
        warning: str | None = None,
    ) -> None:
        # So that the filter at the last exit knows it, whatever it looks like.
        hide(secret)
        self._secret = secret
        self.source = source
        self.kind: Kind = kind
        self.backend = backend
        self.warning = warning

    def __repr__(self) -> str:
        return f"Token(hidden, from {self.source})"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a token is not pickled")

    def reveal(self) -> str:
        """Return the secret itself, for the Authorization header and the keyring alone."""
        return self._secret


def find_token(
    *,
    profile: str = "default",
    environ: Mapping[str, str] = os.environ,
    machine: "Machine | None" = None,
) -> Token:
    """Return the token of ``profile``. Read-only.

    It is looked for in ``SUPABASE_ACCESS_TOKEN``, in the OS keyring (service ``sbapply``, account ``profile``), in
    the official CLI's entry there, and last, only if the environment asks for it, in the official CLI's plain
    file. ``machine`` is this one unless given. Raises ``TokenMissing`` if nothing is found, with what is wrong with
    the keyring if that is why, and ``TokenMalformed`` for what cannot be a token.
    """
    given = environ.get(VARIABLE, "").strip()
    if given:
        # Nothing else is imported: in CI there is no keyring, and looking for one takes time.
        return Token(check_word(given, VARIABLE), VARIABLE, kind="environment")
    from sbapply.auth.machine import this_machine

    machine = machine or this_machine(environ)
    problem: KeyringUnusable | None = None
    for look in (_in_our_entry, _in_the_official_entry):
        # Of the keyring that has just failed nothing more is asked; the Keychain is asked in another way.
        if problem is not None and machine.system != "darwin":
            break
        try:
            token = look(profile, machine)
        except KeyringUnusable as error:
            problem = problem or error
        else:
            if token is not None:
                return token
    token = _in_the_file(profile, machine)
    if token is None:
        raise _missing(profile, machine, problem)
    return token


def find_remaining(profile: str, machine: "Machine") -> tuple[str, ...]:
    """Return, in words, where ``find_token`` would still find a token once sbapply's own entry is gone. Read-only.

    A place that cannot be looked into is left out: nothing is found there.
    """
    remaining = []
    if machine.environ.get(VARIABLE, "").strip():
        remaining.append(f"the environment variable {VARIABLE}")
    for look in (_in_the_official_entry, _in_the_file):
        with suppress(UsageError):
            token = look(profile, machine)
            if token is not None:
                remaining.append(token.source)
    return tuple(remaining)


def _in_our_entry(profile: str, machine: "Machine") -> Token | None:
    from sbapply.auth.store import Keyring, KeyringStore

    held = KeyringStore(Keyring(machine)).read(profile)
    if held is None or not held.secret.strip():
        return None
    source = "the OS keyring"
    return Token(check_word(held.secret, source), source, kind="keyring", backend=held.backend)


def _in_the_official_entry(profile: str, machine: "Machine") -> Token | None:
    from sbapply.auth.official import find_entry
    from sbapply.auth.store import Keyring

    held = find_entry(profile, machine, Keyring(machine))
    if held is None:
        return None
    source = "the official CLI's keyring entry"
    return Token(check_word(held.secret, source), source, kind="official-cli", backend=held.backend)


def _in_the_file(_profile: str, machine: "Machine") -> Token | None:
    from sbapply.auth.official import token_file, wants_file

    file = token_file(machine) if wants_file(machine) else None
    if file is None or not file.is_there():
        return None
    source = f"the file {file.path}"
    return Token(check_word(file.read(), source), source, kind="official-file", warning=file.warning())


def _missing(profile: str, machine: "Machine", problem: KeyringUnusable | None) -> TokenMissing:
    """Return the error with the ways to give a token."""
    from sbapply.auth.official import FILE_WANTED, token_file, wants_file

    login = "sbapply login" if profile == "default" else f"sbapply login --profile {profile}"
    file = token_file(machine)
    aside = ""
    if file is not None and file.is_there() and not wants_file(machine):
        aside = f" The official CLI's plain file {file.path} is used only with {FILE_WANTED}=1."
    if problem is not None:
        return TokenMissing(
            f"No access token was found: {VARIABLE} is not set. {problem.message}", f"{problem.next_step}{aside}"
        )
    return TokenMissing(
        f"No access token was found: {VARIABLE} is not set, and the OS keyring holds none for {profile}, "
        "neither sbapply's nor the official CLI's.",
        f"Make one at {TOKENS_PAGE} and run `{login}`; in CI set {VARIABLE}.{aside}",
    )
