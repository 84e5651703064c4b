"""Hold what there is to know of the machine on which tokens are looked for."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sbapply.errors import KeyringMissing, KeyringShut

# Long enough for somebody to answer a dialog; where there is no screen for one nobody will.
_WITH_A_SCREEN = 60.0
_WITHOUT_A_SCREEN = 5.0
_SECURITY = "/usr/bin/security"
# errSecItemNotFound, -25300, as an exit code.
_NOT_FOUND = 44


def ask_security(service: str, account: str, patience: float) -> str | None:
    """Return what macOS's own tool finds in the login keychain, None where there is no such item.

    Python's binding would pop a dialog: items that were made through this tool let this tool alone read them
    (management-api.md §2.3). The answer comes through a pipe, and the child gets no token in its environment.
    Raises ``KeyringMissing`` and ``KeyringShut``.
    """
    command = [_SECURITY, "find-generic-password", "-s", service, "-a", account, "-w"]
    passed_on = {name: os.environ[name] for name in ("HOME", "PATH", "USER", "LANG") if name in os.environ}
    try:
        done = subprocess.run(
            command,
            env=passed_on,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=patience,
            check=False,
        )
    except FileNotFoundError:
        raise KeyringMissing(f"{_SECURITY} is not there.", "In CI set SUPABASE_ACCESS_TOKEN.") from None
    except subprocess.TimeoutExpired:
        raise KeyringShut(
            f"The keychain did not answer within {patience:g} s.",
            "Answer its dialog, or unlock it with `security unlock-keychain`; in CI set SUPABASE_ACCESS_TOKEN.",
        ) from None
    if done.returncode == 0:
        return done.stdout
    if done.returncode == _NOT_FOUND:
        return None
    reason = done.stderr.strip().splitlines()[:1]
    raise KeyringShut(
        f"The keychain does not give the official CLI's token: {' '.join(reason) or done.returncode}",
        "Unlock it with `security unlock-keychain`, or set SUPABASE_ACCESS_TOKEN.",
    )


@dataclass(frozen=True, slots=True)
class Machine:
    """Say which system this is, what its environment holds, and where somebody's home is.

    ``system`` is ``sys.platform``, ``kernel`` is Linux's release, ``security`` asks macOS's tool for a service and
    an account within a number of seconds.
    """

    system: str
    environ: Mapping[str, str]
    home: Path | None
    kernel: str = ""
    security: Callable[[str, str, float], str | None] = ask_security

    @property
    def is_wsl(self) -> bool:
        """Tell whether this is Linux inside Windows, where the official CLI uses no keyring (supabase/cli#1509)."""
        return "microsoft" in self.kernel.lower() or "wsl" in self.kernel.lower()

    @property
    def patience(self) -> float:
        """Return how long a keyring may take, in seconds."""
        screenless = self.system == "linux" and not (
            self.environ.get("DISPLAY") or self.environ.get("WAYLAND_DISPLAY")
        )
        return _WITHOUT_A_SCREEN if screenless else _WITH_A_SCREEN

    @property
    def without_keyring(self) -> bool:
        """Tell whether the environment says that no keyring is to be used, as the official CLI understands it."""
        return self.environ.get("SUPABASE_NO_KEYRING", "").lower() not in ("", "0", "false")


def this_machine(environ: Mapping[str, str] = os.environ) -> Machine:
    """Return the machine that this process runs on."""
    kernel, home = "", None
    if sys.platform == "linux":
        with suppress(OSError):
            kernel = Path("/proc/sys/kernel/osrelease").read_text(encoding="ascii", errors="replace")
    with suppress(RuntimeError):
        home = Path.home()
    return Machine(sys.platform, environ, home, kernel)
