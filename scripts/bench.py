"""Time whole processes of sbapply and of the official CLI side by side, on the same database, and print medians.

Run by `make bench`. Node modules with `supabase` come from SBAPPLY_NODE_MODULES (`make bench` sets it).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relay import relay_to

from sbapply.sandbox.place import sandbox_server

ROOT = Path(__file__).resolve().parent.parent
SBAPPLY = Path(sys.executable).with_name("sbapply")


@dataclass(frozen=True)
class Pair:
    """Name what is compared, the two commands, and the ratio of medians that ours may reach."""

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]
    at_most: float


def time_once(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, env=dict(environment), cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


def compare(pair: Pair, environment: Mapping[str, str], folder: Path, runs: int) -> tuple[float, float]:
    """Run the two in turn, after one run each that is not counted, and return the medians in seconds."""
    time_once(pair.ours, environment, folder)
    time_once(pair.theirs, environment, folder)
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(time_once(pair.ours, environment, folder))
        theirs.append(time_once(pair.theirs, environment, folder))
    return statistics.median(ours), statistics.median(theirs)


@contextmanager
def serving(environment: dict[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """Run `sbapply sandbox serve` and yield the environment that reaches it."""
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
            ready = json.loads(text)
            yield environment | {
                "SBAPPLY_API_URL": ready["url"],
                "SUPABASE_PROJECT_REF": ready["project"],
                "SUPABASE_ACCESS_TOKEN": ready["token"],
            }
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    modules = os.environ.get("SBAPPLY_NODE_MODULES", "")
    official = Path(modules) / ".bin" / "supabase"
    if not official.exists():
        sys.exit("bench needs the official CLI: set SBAPPLY_NODE_MODULES, as `make bench` does")
    scratch = Path(tempfile.mkdtemp(prefix="sbapply-bench-", dir="/tmp"))
    scratch.chmod(0o755)
    folder = scratch / "project"
    shutil.copytree(ROOT / "supabase", folder / "supabase")
    os.environ["SBAPPLY_HOME"] = str(scratch / "home")
    (scratch / "home").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "SBAPPLY_HOME": os.environ["SBAPPLY_HOME"],
        "SUPABASE_NO_KEYRING": "1",
    }
    try:
        with (
            sandbox_server(folder) as server,
            relay_to(server.socket_directory / f".s.PGSQL.{server.port}") as port,
        ):
            subprocess.run(
                [str(SBAPPLY), "push", "--sandbox", "--yes"],
                env=environment,
                cwd=folder,
                check=True,
                capture_output=True,
            )
            remote = f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable"
            pairs = (
                Pair("--version", [str(SBAPPLY), "--version"], [str(official), "--version"], 0.2),
                Pair(
                    "status / migration list",
                    [str(SBAPPLY), "status"],
                    [str(official), "migration", "list", f"--remote={remote}"],
                    0.7,
                ),
            )
            with serving(environment, folder) as reaching:
                failed = report(pairs, reaching, folder, runs)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if failed else 0)


def report(pairs: Sequence[Pair], environment: Mapping[str, str], folder: Path, runs: int) -> bool:
    """Print a Markdown table and return whether a bound was broken."""
    print("| what | sbapply (s) | supabase (s) | ratio | at most |")
    print("|---|--:|--:|--:|--:|")
    failed = False
    for pair in pairs:
        ours, theirs = compare(pair, environment, folder, runs)
        ratio = ours / theirs
        failed |= ratio > pair.at_most
        print(f"| {pair.name} | {ours:.3f} | {theirs:.3f} | {ratio:.2f} | {pair.at_most} |")
    print(f"\nMedians of {runs} runs each, in turn, after one run that is not counted.")
    return failed


if __name__ == "__main__":
    main()
