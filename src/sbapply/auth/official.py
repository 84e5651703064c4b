"""Find the token that the official CLI stored, in each of the ways in which it did.

Sources, all collected in ``research/management-api.md`` §2.2: zalando/go-keyring for the CLI in Go, keyring-rs
(through @napi-rs/keyring) for the one in TypeScript, and jaraco/keyring for what Python makes of their bytes.
"""

import binascii
import os
import re
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sbapply.auth.machine import Machine
from sbapply.auth.store import Held, Keyring
from sbapply.errors import TokenMalformed, UsageError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Supabase CLI"
FILE_WANTED = "SBAPPLY_USE_SUPABASE_TOKEN_FILE"
_PROFILE = "supabase"
_PROGRAM_TIMEOUT = 10.0
# The account before there were profiles, and of the newer CLI's first versions.
_OLD_ACCOUNT = "access-token"
_BASE64 = "go-keyring-base64:"
_HEX = "go-keyring-encoded:"
# go-keyring writes to this collection, Python reads the default one: most often, but not always, the same.
_LOGIN_COLLECTION = "/org/freedesktop/secrets/collection/login"


def find_entry(profile: str, machine: Machine, keyring: Keyring) -> Held | None:
    """Return the token in the official CLI's keyring entry, None if it keeps none there.

    ``profile`` is sbapply's: ``default`` stands for the official CLI's own default, ``supabase``. The account from
    before there were profiles is looked at for the default alone: somebody who names an account must not work as
    another. Raises ``KeyringUnusable`` and its kinds, ``TokenMalformed``.
    """
    if machine.is_wsl or machine.without_keyring:
        return None
    name = _PROFILE if profile == "default" else profile
    for account in (name, _OLD_ACCOUNT) if name == _PROFILE else (name,):
        held = _read(account, machine, keyring)
        if held is not None:
            return _checked(held, account)
    return None


def _read(account: str, machine: Machine, keyring: Keyring) -> Held | None:
    if machine.system == "darwin":
        given = machine.security(SERVICE, account, machine.patience)
        return Held(given, "/usr/bin/security") if given is not None else None
    look = _look_on_windows if machine.system == "win32" else _look_in_collections
    found = keyring.ask(lambda backend: look(backend, account))
    return Held(*found) if found else None


def _look_on_windows(backend: "KeyringBackend", account: str) -> str | None:
    """Look for both names of the credential: Python looks for its service alone, and then for account@service."""
    for target in (f"{SERVICE}:{account}", f"{account}.{SERVICE}"):
        held = backend.get_password(target, account)
        if held is not None:
            return held
    return None


def _look_in_collections(backend: "KeyringBackend", account: str) -> str | None:
    held = backend.get_password(SERVICE, account)
    if held is not None or not hasattr(backend, "get_preferred_collection"):
        return held
    from keyring.errors import InitError

    # Where there is no login collection, go-keyring writes to the default one.
    with suppress(InitError):
        held = backend.with_properties(preferred_collection=_LOGIN_COLLECTION).get_password(SERVICE, account)
    return held


def decode(held: str) -> str:
    """Return the token out of what a keyring gave.

    macOS: behind a prefix, base64 or, in old entries, hex. Windows: go-keyring wrote UTF-8, and Python's keyring
    tries UTF-16 first; 44 or 50 bytes of ASCII are 22 or 25 valid characters of UTF-16, none of them ASCII
    (jaraco/keyring#438). What is none of these is returned as it is.
    """
    text = held.strip().rstrip("\0")
    with suppress(ValueError, binascii.Error):
        if text.startswith(_BASE64):
            return b64decode(text.removeprefix(_BASE64), validate=True).decode("utf-8")
        if text.startswith(_HEX):
            return bytes.fromhex(text.removeprefix(_HEX)).decode("utf-8")
        if not text.isascii():
            return text.encode("utf-16-le").decode("utf-8")
    return text


def _checked(held: Held, account: str) -> Held:
    secret = decode(held.secret).strip()
    # The same service holds database passwords, by project ref; one must not travel as a token.
    if not secret.startswith("sbp_"):
        raise TokenMalformed(
            f"The official CLI's keyring entry (service {SERVICE}, account {account}) holds no access token.",
            "Run `sbapply login`, or `supabase login` once more.",
        )
    return Held(secret, held.backend)


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Know the plain file in which the official CLI keeps a token where it has no keyring."""

    path: Path

    def is_there(self) -> bool:
        """Tell whether there is such a file."""
        with suppress(OSError):
            return self.path.is_file()
        return False

    def read(self) -> str:
        """Return what is in it, in one line. Raises ``UsageError``."""
        try:
            return self.path.read_text(encoding="utf-8-sig", errors="replace").strip()
        except OSError as error:
            raise UsageError(
                f"{self.path} cannot be read: {error.strerror}.", f"Run `sbapply login`, or unset {FILE_WANTED}."
            ) from error

    def warning(self) -> str:
        """Return what somebody who uses it should know."""
        open_to_all = False
        # Windows' modes say nothing of who may read.
        if os.name != "nt":
            with suppress(OSError):
                open_to_all = bool(self.path.stat().st_mode & 0o077)
        shown = f" It is open to other users: chmod 600 {self.path}." if open_to_all else ""
        return f"The token comes from the plain file {self.path}, which every program of yours can read.{shown}"


def find_program(machine: Machine) -> str | None:
    """Return the version and the place of the official CLI on the PATH, None where there is none.

    It gets neither a token nor anything else of the environment but where it is and whose home this is.
    """
    import shutil
    import subprocess

    place = shutil.which("supabase", path=machine.environ.get("PATH"))
    if place is None:
        return None
    passed_on = {name: machine.environ[name] for name in ("HOME", "PATH", "SYSTEMROOT") if name in machine.environ}
    version = "of a version that it does not tell"
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [place, "--version"],
            env=passed_on,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PROGRAM_TIMEOUT,
            check=False,
        )
        found = re.search(r"\d+\.\d+\.\d+\S*", done.stdout)
        version = found[0] if found else version
    return f"supabase {version}, {place}"


def token_file(machine: Machine) -> TokenFile | None:
    """Return where the official CLI's file is or would be, None where nobody has a home."""
    folder = machine.environ.get("SUPABASE_HOME")
    if folder:
        return TokenFile(Path(folder, "access-token"))
    return TokenFile(machine.home / ".supabase" / "access-token") if machine.home is not None else None


def wants_file(machine: Machine) -> bool:
    """Tell whether the environment asks for the official CLI's plain file."""
    return machine.environ.get(FILE_WANTED, "").lower() not in ("", "0", "false")
