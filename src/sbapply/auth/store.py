"""Keep tokens in the OS keyring, through Python's ``keyring``, and nowhere else."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from sbapply.auth.machine import Machine
from sbapply.auth.token import Token
from sbapply.errors import KeyringMissing, KeyringRefused, KeyringShut, KeyringUnusable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "sbapply"
_BY_NAME = "PYTHON_KEYRING_BACKEND"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """Hold what a keyring gave, and the class of the backend that gave it."""

    secret: str = field(repr=False)
    backend: str


class TokenStore(Protocol):
    """Keep one token an account. Everything raises ``KeyringUnusable`` and its kinds."""

    def read(self, account: str) -> Held | None:
        """Return what is kept for ``account``, None if nothing is."""
        ...

    def keep(self, account: str, token: Token) -> Held:
        """Keep ``token`` in place of what was kept, and return what reading it back gives."""
        ...

    def remove(self, account: str) -> bool:
        """Remove what is kept; tell whether there was something."""
        ...


class Keyring:
    """Ask the backends of Python's ``keyring`` that may be asked, each call within the machine's patience.

    A backend that keeps secrets in plain text, or none, is asked only if ``PYTHON_KEYRING_BACKEND`` names exactly
    its class: a configuration file or a higher priority does not count as being asked for. ``keyring`` is imported
    at the first call.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        # keyring reports broken plug-ins and odd encodings to its logger, which without a handler is stderr.
        logging.getLogger("keyring").addHandler(logging.NullHandler())

    def ask(self, call: "Callable[[KeyringBackend], T | None]", *, hidden: str = "") -> tuple[T, str] | None:
        """Return the first answer that is not None, with the backend's class; None if no backend has one.

        ``hidden`` is kept out of what is said of a failure. Raises ``KeyringUnusable`` and its kinds.
        """
        if self._machine.without_keyring:
            raise KeyringRefused(
                "SUPABASE_NO_KEYRING is set, so no keyring is used.",
                "Set SUPABASE_ACCESS_TOKEN, or unset SUPABASE_NO_KEYRING.",
            )
        return self._within_patience(lambda: self._first(call), hidden)

    def _first(self, call: "Callable[[KeyringBackend], T | None]") -> tuple[T, str] | None:
        for backend in self._backends():
            try:
                answer = call(backend)
            except NotImplementedError:
                # As the chainer does: a backend that only reads leaves writing to the next.
                continue
            if answer is not None:
                return answer, name_of(backend)
        return None

    def _backends(self) -> "list[KeyringBackend]":
        """Return the backends that may be asked; a chain of several is taken apart."""
        chosen = self._chosen()
        members = list(getattr(chosen, "backends", [])) if _is_chain(chosen) else [chosen]
        named = self._machine.environ.get(_BY_NAME)
        allowed = [each for each in members if not _is_unsafe(each) or name_of(each) == named]
        if members and not allowed:
            raise KeyringRefused(
                f"The keyring on this machine is {name_of(members[0])}, which keeps no secret.",
                f"{_choices(self._machine.system)} If you want exactly this one, set {_BY_NAME} to its name.",
            )
        return allowed

    def _chosen(self) -> "KeyringBackend":
        import keyring

        named = self._machine.environ.get(_BY_NAME)
        try:
            return keyring.get_keyring()
        except Exception as error:
            # Importing a module by its name raises whatever that module does.
            where = f"{_BY_NAME} names {named!r}" if named is not None else "keyringrc.cfg names a keyring"
            raise KeyringMissing(
                f"{where}, which cannot be loaded: {_first_line(error)}",
                "Correct it or remove it; in CI set SUPABASE_ACCESS_TOKEN and no keyring is needed.",
            ) from error

    def _within_patience(self, call: Callable[[], T], hidden: str) -> T:
        from keyring.errors import InitError, KeyringLocked, NoKeyringError

        patience, system = self._machine.patience, self._machine.system
        try:
            return run_within(call, patience)
        except KeyringUnusable:
            raise
        except OutOfPatience:
            raise KeyringShut(
                f"The OS keyring did not answer within {patience:g} s; it may be waiting for its password.",
                _how_to_unlock(system),
            ) from None
        except NoKeyringError:
            raise KeyringMissing("There is no OS keyring on this machine.", _choices(system)) from None
        except (KeyringLocked, InitError) as error:
            raise KeyringShut(
                f"The OS keyring is locked and could not be unlocked: {_first_line(error, hidden)}",
                _how_to_unlock(system),
            ) from None
        except Exception as error:  # noqa: BLE001 - backends raise D-Bus', Windows' and their own errors
            # Without its cause: a backend's error may quote what it was given.
            raise KeyringUnusable(
                f"The OS keyring failed: {_first_line(error, hidden)}", _choices(system)
            ) from None


class KeyringStore:
    """Keep tokens in the OS keyring under one service; see ``TokenStore``."""

    def __init__(self, keyring: Keyring, service: str = SERVICE) -> None:
        self._keyring = keyring
        self._service = service

    def read(self, account: str) -> Held | None:
        """See ``TokenStore.read``."""
        found = self._keyring.ask(lambda backend: backend.get_password(self._service, account))
        return Held(*found) if found else None

    def look(self, account: str) -> tuple[str, bool] | None:
        """Return the class of the backend that answers, and whether something is kept there; None if none does."""
        found = self._keyring.ask(lambda backend: (backend.get_password(self._service, account) is not None,))
        return (found[1], found[0][0]) if found else None

    def keep(self, account: str, token: Token) -> Held:
        """Write, read back and compare: ``backends.null`` takes a password and forgets it without a word."""
        secret = token.reveal()

        def write(backend: "KeyringBackend") -> bool:
            backend.set_password(self._service, account, secret)
            return True

        written = self._keyring.ask(write, hidden=secret)
        held = self.read(account)
        if written is None or held is None or held.secret != secret:
            name = written[1] if written else "The OS keyring"
            raise KeyringRefused(
                f"{name} did not give back what was stored, so there is no login.",
                "Use another keyring, or set SUPABASE_ACCESS_TOKEN.",
            )
        return held

    def remove(self, account: str) -> bool:
        """Remove and look again; see ``TokenStore.remove``."""

        def delete(backend: "KeyringBackend") -> bool | None:
            if backend.get_password(self._service, account) is None:
                return None
            backend.delete_password(self._service, account)
            return True

        removed = self._keyring.ask(delete) is not None
        if self.read(account) is not None:
            raise KeyringUnusable(
                f"The OS keyring still holds a token for {account} after it was removed.",
                f"Remove the entry with service {self._service} in the keyring's own program.",
            )
        return removed


class OutOfPatience(Exception):
    """Say that a call did not end in time."""


def run_within(call: Callable[[], T], seconds: float) -> T:
    """Return what ``call`` returns, or raise what it raises, within ``seconds``; else ``OutOfPatience``.

    A prompt that nobody sees blocks the Secret Service's client for ever and cannot be called off (agent-skills
    #310), so the call runs in a thread that is left behind.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, name="sbapply-keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise OutOfPatience
    return results[0]


def name_of(backend: object) -> str:
    """Return the class of a backend as ``PYTHON_KEYRING_BACKEND`` names it."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def keeps_no_secret(backend: str) -> bool:
    """Tell whether a backend of this name keeps what it is given in plain text, or does not keep it."""
    return backend.startswith(("keyrings.alt.", "keyring.backends.null.")) or "plaintext" in backend.lower()


def _is_chain(backend: object) -> bool:
    return any(each.__module__ == "keyring.backends.chainer" for each in type(backend).__mro__)


def _is_unsafe(backend: object) -> bool:
    names = (f"{each.__module__}.{each.__qualname__}" for each in type(backend).__mro__)
    return any(keeps_no_secret(name) for name in names)


def _first_line(error: BaseException, hidden: str = "") -> str:
    text = str(error)
    if hidden:
        text = text.replace(hidden, "(hidden)")
    lines = text.strip().splitlines()
    return f"{lines[0][:200]}" if lines else type(error).__name__


def _choices(system: str) -> str:
    """Return where a token can stand on this system, without offering a plain-text file."""
    install = {
        "darwin": "On macOS use a Python that may open the Keychain (python.org's, Homebrew's or uv's).",
        "win32": "On Windows run it as a user who is logged in, for the Credential Manager.",
    }
    linux = (
        "On Linux install and start a Secret Service: gnome-keyring, KWallet or KeePassXC "
        "(Debian: `apt install gnome-keyring`)."
    )
    return f"In CI and on servers set SUPABASE_ACCESS_TOKEN. {install.get(system, linux)}"


def _how_to_unlock(system: str) -> str:
    how = {
        "darwin": "Unlock it with `security unlock-keychain` or answer its dialog.",
        "win32": "Log in to Windows and answer its dialog.",
    }
    linux = "Unlock it in your desktop (over SSH: `gnome-keyring-daemon --unlock`, which reads the password)."
    return f"{how.get(system, linux)} In CI and on servers set SUPABASE_ACCESS_TOKEN."
