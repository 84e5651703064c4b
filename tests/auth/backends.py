"""Keyrings for tests: backends that hold bytes as a system does, and decode them as keyring's own backends do."""

from collections.abc import Callable
from dataclasses import dataclass, field

import keyring.core
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from sbapply.auth.machine import Machine

# The real registry of backends must not find these: a chain would be made of them.
_registered = set(KeyringBackend._classes)


class Memory(KeyringBackend):
    """Be a good keyring."""

    priority = 5

    def __init__(self, entries: dict[tuple[str, str], str] | None = None) -> None:
        self.entries = entries if entries is not None else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


class PlaintextKeyring(Memory):
    """Stand for ``keyrings.alt.file.PlaintextKeyring``."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


class Forgetful(Memory):
    """Take a password and forget it, as ``keyring.backends.null`` does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Forget."""


class Garbling(Memory):
    """Give back something else than was stored."""

    def get_password(self, service: str, username: str) -> str | None:
        held = super().get_password(service, username)
        return held and held[:10]


class ReadOnly(Memory):
    """Be a backend that a chain passes over when it writes."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


class Failing(Memory):
    """Raise at everything."""

    def __init__(self, error: Callable[[str], Exception]) -> None:
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error("")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error(password)

    def delete_password(self, service: str, username: str) -> None:
        raise self.error("")


class Chain(KeyringBackend):
    """Be several backends at once, as ``keyring.backends.chainer`` is."""

    priority = 10

    def __init__(self, *backends: KeyringBackend) -> None:
        self.backends = backends

    def get_password(self, service: str, username: str) -> str | None:
        raise AssertionError("a chain is taken apart")

    set_password = delete_password = get_password  # type: ignore[assignment]


Chain.__module__ = "keyring.backends.chainer"


@dataclass
class CredentialManager:
    """Hold generic credentials as Windows does: a target, a user name, and a blob of bytes."""

    credentials: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def go_keyring(self, service: str, account: str, secret: str) -> None:
        """Write as zalando/go-keyring: target service:account, UTF-8."""
        self.credentials[f"{service}:{account}"] = (account, secret.encode())

    def keyring_rs(self, service: str, account: str, secret: str) -> None:
        """Write as keyring-rs 3: target account.service, UTF-16."""
        self.credentials[f"{account}.{service}"] = (account, secret.encode("utf-16-le"))


class WinVault(KeyringBackend):
    """Read and write as ``keyring.backends.Windows.WinVaultKeyring`` does."""

    priority = 5

    def __init__(self, manager: CredentialManager) -> None:
        self.held = manager.credentials

    def get_password(self, service: str, username: str) -> str | None:
        found = self.held.get(service)
        if not found or (username and found[0] != username):
            found = self.held.get(f"{username}@{service}")
        if not found:
            return None
        try:
            return found[1].decode("utf-16")
        except UnicodeDecodeError:
            return found[1].decode("utf-8")

    def set_password(self, service: str, username: str, password: str) -> None:
        before = self.held.get(service)
        if before:
            self.held[f"{before[0]}@{service}"] = before
        # win32cred.CredWrite stores a str as UTF-16.
        self.held[service] = (username, password.encode("utf-16-le"))

    def delete_password(self, service: str, username: str) -> None:
        targets = [target for target in (service, f"{username}@{service}") if target in self.held]
        mine = [target for target in targets if self.held[target][0] == username]
        for target in mine:
            del self.held[target]
        if not mine:
            raise PasswordDeleteError(service)


class SecretService(KeyringBackend):
    """Look in one collection, the default one unless another is preferred, as keyring's own backend does."""

    priority = 5

    def __init__(self, collections: dict[str, dict[tuple[str, str], str]]) -> None:
        self.collections = collections

    def get_preferred_collection(self) -> dict[tuple[str, str], str]:
        from keyring.errors import InitError

        path = getattr(self, "preferred_collection", "default")
        if path not in self.collections:
            raise InitError("Failed to create the collection")
        return self.collections[path]

    def get_password(self, service: str, username: str) -> str | None:
        return self.get_preferred_collection().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_preferred_collection()[service, username] = password


for _added in set(KeyringBackend._classes) - _registered:
    KeyringBackend._classes.discard(_added)


def use(monkeypatch: pytest.MonkeyPatch, backend: KeyringBackend) -> None:
    """Make ``backend`` the one that keyring has chosen."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)


def linux(**environ: str) -> Machine:
    """Return a machine without a screen and without a home."""
    return Machine("linux", environ, None)
