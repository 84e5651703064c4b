"""Ask the official CLI what it thinks is applied."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from scripts.relay import relay_to

from sbapply.rehearse.server import Server


def listed_as_applied(server: Server, workdir: Path, versions: Sequence[str]) -> list[str]:
    """Return a complaint for each version that `supabase migration list` does not show here and there."""
    modules = os.environ.get("SBAPPLY_NODE_MODULES", "")
    if not modules:
        return ["the official CLI was not asked: set SBAPPLY_NODE_MODULES, as `make corpus` does"]
    with relay_to(server.socket_directory / f".s.PGSQL.{server.port}") as port:
        done = subprocess.run(
            [
                Path(modules) / ".bin" / "supabase",
                "migration",
                "list",
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
            timeout=300,
            check=False,
        )
    if done.returncode != 0:
        return [
            f"supabase migration list ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-500:]}"
        ]
    both = set(re.findall(r"^\W*(\d+)\W+(\d+)\b", done.stdout, re.MULTILINE))
    missing = [version for version in versions if (version, version) not in both]
    if not missing:
        return []
    return [f"supabase migration list does not show {len(missing)} as applied: {missing[:5]}"]
