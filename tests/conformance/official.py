"""Run the official CLI on a database of a test's server, with no way to anybody else."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scripts.relay import relay_to

from sbapply.rehearse.server import Server

OFFLINE = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "localhost,127.0.0.1",
    "SUPABASE_NO_KEYRING": "1",
    "SUPABASE_TELEMETRY_DISABLED": "1",
    "SUPABASE_NO_UPDATE_NOTIFIER": "1",
    "DO_NOT_TRACK": "1",
}
"""Whatever a client would say to anybody but the test meets a closed door; NO_PROXY leaves that out."""


@dataclass(frozen=True)
class Official:
    """Hold the program and the database that it is pointed to."""

    program: Path
    remote: str

    def start(self, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
        """Start it in a project folder, which is its home too; what it says is in one stream."""
        return subprocess.Popen(
            ["node", str(self.program), *arguments, f"--remote={self.remote}"],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **OFFLINE},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def run(self, folder: Path, *arguments: str) -> str:
        """Run it and return what it says; fail if it does."""
        with self.start(folder, *arguments) as process:
            said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, f"{' '.join(arguments)}: {said}"
        return said


def listed(said: str) -> dict[str, tuple[bool, bool]]:
    """Return of each version that ``migration list`` tells whether it is in the folder and in the history."""
    (line,) = [line for line in said.splitlines() if line.startswith("{")]
    document: dict[str, Any] = json.loads(line)
    return {
        each["local"] or each["remote"]: (bool(each["local"]), bool(each["remote"]))
        for each in document["migrations"]
    }


@contextmanager
def official_cli(server: Server, database: str) -> Iterator[Official]:
    """Let the official CLI reach a database of ``server`` while the block runs."""
    program = Path(os.environ.get("SBAPPLY_NODE_MODULES", ""), "supabase", "dist", "supabase.js")
    if not program.is_file():
        pytest.fail("Set SBAPPLY_NODE_MODULES to a folder that holds supabase.")
    with relay_to(server.socket_directory / f".s.PGSQL.{server.port}") as port:
        yield Official(program, f"postgresql://postgres:postgres@127.0.0.1:{port}/{database}?sslmode=disable")
