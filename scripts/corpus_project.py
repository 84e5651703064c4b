"""Serve a server as a project, and run verbs on it as processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sbapply.rehearse.server import Server
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.server import serving
from sbapply.sandbox.settings import Sandbox


@dataclass(frozen=True)
class Project:
    """Hold where a project is served and the folder that belongs to it."""

    workdir: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> dict[str, Any]:
        """Run a verb and return the document that it writes. Raises ``RuntimeError`` if it writes none."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "sbapply", *arguments, "--output", "json"],
            env=self.environment,
            cwd=self.workdir,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if "Traceback" in done.stderr or not done.stdout.startswith("{"):
            said = f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
            raise RuntimeError(f"sbapply {arguments[0]} ended with {done.returncode}: {said}")
        document: dict[str, Any] = json.loads(done.stdout)
        return document


@contextmanager
def served(server: Server, workdir: Path) -> Iterator[Project]:
    """Serve ``server`` as the project of ``workdir``."""
    settings = Sandbox(token="sbp_" + "0102030405" * 4, requests_per_minute=None)
    handler = SandboxHandler(settings, lambda role: server.conninfo(user=role))
    with serving(handler) as serves:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(workdir),
            "SBAPPLY_API_URL": serves.url,
            "SUPABASE_ACCESS_TOKEN": settings.token,
            "SUPABASE_PROJECT_REF": settings.ref,
            "SUPABASE_NO_KEYRING": "1",
        }
        if "SBAPPLY_HOME" in os.environ:
            environment["SBAPPLY_HOME"] = os.environ["SBAPPLY_HOME"]
        yield Project(workdir, environment)
