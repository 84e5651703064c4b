"""Ask the official CLI what it thinks is applied."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from scripts.relay import relay_to

from sbapply.rehearse.server import Server

# A line of its table: local, remote and time, between bars of one kind or another.
_LINE = re.compile(r"^[^\S\n]*[│|]?[^\S\n]*`?(\d*)`?[^\S\n]*[│|][^\S\n]*`?(\d*)`?[^\S\n]*[│|]", re.MULTILINE)


def listed_as_applied(server: Server, workdir: Path, versions: Sequence[str]) -> list[str]:
    """Return a complaint for each version that `supabase migration list` does not show here and there."""
    if not os.environ.get("SBAPPLY_NODE_MODULES"):
        return ["the official CLI was not asked: set SBAPPLY_NODE_MODULES, as `make corpus` does"]
    try:
        both = set(listed(server, workdir))
    except RuntimeError as error:
        return [str(error)]
    missing = [version for version in versions if (version, version) not in both]
    if not missing:
        return []
    return [f"supabase migration list does not show {len(missing)} as applied: {missing[:5]}"]


def listed(server: Server, workdir: Path) -> Sequence[tuple[str, str]]:
    """Return what `supabase migration list` shows, a version here and one there, '' where a side has none.

    Raises ``RuntimeError`` with what it said where it failed.
    """
    done = _official(server, workdir, "migration", "list")
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-500:]
        raise RuntimeError(f"supabase migration list ended with {done.returncode}: {said}")
    return [(here, there) for here, there in _LINE.findall(done.stdout) if here or there]


def fetched(server: Server, workdir: Path) -> Sequence[Path]:
    """Return the files that `supabase migration fetch` writes into a fresh ``workdir``, in order."""
    folder = workdir / "supabase" / "migrations"
    folder.mkdir(parents=True)
    done = _official(server, workdir, "migration", "fetch")
    if done.returncode != 0:
        raise RuntimeError(f"supabase migration fetch ended with {done.returncode}: {done.stdout}{done.stderr}")
    return sorted(folder.iterdir(), key=lambda file: file.name.split("_", 1))


def _official(server: Server, workdir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the official CLI on the database, with a home of its own and no way to anybody else."""
    with relay_to(server.socket_directory / f".s.PGSQL.{server.port}") as port:
        return subprocess.run(
            [
                Path(os.environ["SBAPPLY_NODE_MODULES"]) / ".bin" / "supabase",
                *arguments,
                f"--remote=postgresql://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable",
            ],
            cwd=workdir,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(workdir),
                "SUPABASE_NO_KEYRING": "1",
                "SUPABASE_TELEMETRY_DISABLED": "1",
                "SUPABASE_NO_UPDATE_NOTIFIER": "1",
                "DO_NOT_TRACK": "1",
                "HTTPS_PROXY": "http://127.0.0.1:9",
                "HTTP_PROXY": "http://127.0.0.1:9",
                "NO_PROXY": "localhost,127.0.0.1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
