"""Give a benchmark projects that are served by processes of their own, and time programs that work on them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.relay import relay_to

from sbapply.rehearse.server import PORT
from sbapply.sandbox.place import sandbox_server

ROOT = Path(__file__).resolve().parent.parent
SBAPPLY = Path(sys.executable).with_name("sbapply")
PUSH = (str(SBAPPLY), "push", "--yes", "--output", "json")
BARE_PUSH = (*PUSH, "--no-rehearse", "--no-verify")
_NEEDED = 8 * 2**30


@dataclass(frozen=True)
class Run:
    """Hold how one process went: its seconds, its exit status, its output and its peak of memory in bytes."""

    seconds: float
    status: int
    output: str
    peak: int

    @property
    def document(self) -> dict[str, Any]:
        document = json.loads(self.output)
        assert isinstance(document, dict)
        return document


@dataclass(frozen=True)
class Project:
    """Hold a folder, the environment that reaches its sandbox over HTTP, and the sandbox's Postgres for others."""

    folder: Path
    environment: Mapping[str, str]
    remote: str
    socket_directory: Path

    def run(self, command: Sequence[str], *, may_fail: bool = False) -> Run:
        """Run one process in the folder; end the benchmark if it fails, unless it may."""
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as said:
            started = time.perf_counter()
            process = subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=said
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            said.seek(0)
            run = Run(seconds, process.returncode, output.read(), usage.ru_maxrss * 1024)
            if run.status != 0 and not may_fail:
                sys.exit(f"{' '.join(command)} ended with {run.status}:\n{run.output}{said.read()}")
        return run


@dataclass(frozen=True)
class Place:
    """Hold where projects are made, and the official CLI."""

    scratch: Path
    official: Path

    @contextmanager
    def project_of_ours(self) -> Iterator[Project]:
        """Serve a fresh project with this repository's own migrations."""
        with self.project(
            lambda folder: shutil.copytree(ROOT / "supabase", folder / "supabase", dirs_exist_ok=True)
        ) as made:
            yield made

    @contextmanager
    def project(self, fill: Callable[[Path], object], *, delay: float = 0.0) -> Iterator[Project]:
        """Serve a fresh project whose folder ``fill`` writes; both ways to it are ``delay`` seconds long."""
        folder = Path(tempfile.mkdtemp(prefix="project-", dir=self.scratch))
        (folder / "supabase" / "migrations").mkdir(parents=True)
        fill(folder)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.scratch),
            "SUPABASE_NO_KEYRING": "1",
            "SUPABASE_TELEMETRY_DISABLED": "1",
            "SUPABASE_NO_UPDATE_NOTIFIER": "1",
            "DO_NOT_TRACK": "1",
        }
        try:
            with (
                sandbox_server(folder) as server,
                relay_to(server.socket_directory / f".s.PGSQL.{PORT}", delay=delay) as postgres,
                _serving(folder, environment) as served,
                relay_to(int(served["url"].rpartition(":")[2]), delay=delay) as api,
            ):
                reaching = environment | {
                    "SBAPPLY_API_URL": f"http://127.0.0.1:{api}",
                    "SUPABASE_PROJECT_REF": served["project"],
                    "SUPABASE_ACCESS_TOKEN": served["token"],
                }
                remote = f"postgresql://postgres:postgres@127.0.0.1:{postgres}/postgres?sslmode=disable"
                yield Project(folder, reaching, remote, server.socket_directory)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def bench_place() -> Iterator[Place]:
    """Make a place in memory, or below /tmp where there is no room, and remove it with everything in it.

    A table is up to six files, and what one costs differs by five times between disks and between days: both sides
    of a comparison are spared that.
    """
    official = Path(os.environ.get("SBAPPLY_NODE_MODULES", "")) / ".bin" / "supabase"
    if not official.exists():
        sys.exit("bench needs the official CLI: set SBAPPLY_NODE_MODULES, as `make bench` does")
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _NEEDED
    scratch = Path(tempfile.mkdtemp(prefix="sbapply-bench-", dir=memory if roomy else "/tmp"))
    scratch.chmod(0o755)
    # Everything is where a user has it who has said nothing about it, in this process as in those it starts.
    for name in ("SBAPPLY_HOME", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)
    os.environ["HOME"] = str(scratch)
    try:
        yield Place(scratch, official)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _serving(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run `sbapply sandbox serve` and yield what it says once it serves."""
    command = [str(SBAPPLY), "sandbox", "serve", "--port", "0", "--output", "json"]
    with subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            text = ""
            while not text.endswith("}\n"):
                line = server.stdout.readline()
                if not line:
                    sys.exit("sbapply sandbox serve did not start")
                text += line
            yield json.loads(text)
        finally:
            server.terminate()
