"""Run the program as a process, against a project behind HTTP that is fresh for every test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sbapply.database import Row
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler, SandboxRequest, SandboxResponse
from sbapply.sandbox.server import serving
from sbapply.sandbox.settings import Sandbox
from tests.conftest import new_database

Answer = Callable[[SandboxRequest], SandboxResponse | None]


@dataclass(frozen=True)
class Done:
    """Hold how a process ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """Return the one document on stdout."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document


@dataclass
class Program:
    """Run sbapply in a folder with an environment that holds nothing else."""

    folder: Path
    environment: dict[str, str]

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "sbapply", *arguments],
            env=self.environment | dict(environment or {}),
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, given: str = "", environment: Mapping[str, str] | None = None) -> Done:
        with self.start(*arguments, environment=environment) as process:
            stdout, stderr = process.communicate(given, timeout=60)
        assert "Traceback" not in stderr, stderr
        return Done(process.returncode, stdout, stderr)

    def json(self, *arguments: str, **options: Any) -> tuple[int, dict[str, Any]]:
        done = self.run(*arguments, "--output", "json", **options)
        return done.status, done.document

    def write(self, **files: str) -> None:
        folder = self.folder / "supabase" / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / f"{name.removeprefix('v')}.sql").write_text(text, encoding="utf-8")


@dataclass
class Project(Program):
    """Be a project behind HTTP; ``answer`` may answer a request instead of it, ``through`` is itself.

    ``asked`` holds all requests.
    """

    settings: Sandbox
    database: LocalDatabase
    superuser: LocalDatabase
    through: Callable[[SandboxRequest], SandboxResponse]
    answer: Answer = lambda _request: None
    asked: list[SandboxRequest] = field(default_factory=list)

    @property
    def posts(self) -> list[str]:
        return [request.path for request in self.asked if request.method == "POST"]

    def versions(self) -> list[str]:
        (row,) = self.database.run(
            "select to_regclass('supabase_migrations.schema_migrations') is not null as there"
        )
        if not row["there"]:
            return []
        rows = self.database.run("select version from supabase_migrations.schema_migrations order by version")
        return [str(row["version"]) for row in rows]

    def tables(self) -> list[str]:
        rows = self.database.run("select tablename::text from pg_tables where schemaname = 'public' order by 1")
        return [str(row["tablename"]) for row in rows]

    def rows(self, sql: str) -> list[Row]:
        return list(self.database.run(sql))


@pytest.fixture
def program(tmp_path: Path, sbapply_home: Path) -> Program:
    """Return the program in an empty project folder, with no token and no project."""
    folder = tmp_path / "app"
    (folder / "supabase" / "migrations").mkdir(parents=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SBAPPLY_HOME": str(sbapply_home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    return Program(folder, environment)


@pytest.fixture
def project(program: Program, engine_of: Callable[[int], Server]) -> Iterator[Project]:
    """Return the program with a fresh project behind HTTP."""
    server = engine_of(18)
    name = new_database(server)
    settings = Sandbox(requests_per_minute=None)

    def conninfo(role: str) -> str:
        return server.conninfo(user=role, database=name)

    handler = SandboxHandler(settings, conninfo)

    def answer(request: SandboxRequest) -> SandboxResponse:
        made.asked.append(request)
        return made.answer(request) or handler(request)

    with serving(answer) as listening:
        made = Project(
            program.folder,
            program.environment
            | {
                "SBAPPLY_API_URL": listening.url,
                "SUPABASE_ACCESS_TOKEN": settings.token,
                "SUPABASE_PROJECT_REF": settings.ref,
            },
            settings,
            LocalDatabase(conninfo("postgres")),
            LocalDatabase(conninfo("supabase_admin")),
            handler,
        )
        yield made
