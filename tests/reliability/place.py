"""Give a test a project of its own behind HTTP, and the program as a process."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import Limits, LocalDatabase
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.server import serving
from sbapply.sandbox.settings import Sandbox
from tests.conftest import new_database
from tests.reliability.hostile import HISTORY
from tests.reliability.judging import Report, Truth, read_report, stored_texts
from tests.reliability.line import Line

# What the rows would defeat is to meet the engine too.
_PUSH = ("push", "--yes", "--no-rehearse", "--no-verify", "--ignore-data", "--output", "json")
# For truth's own questions: a file may have changed how sessions of this database start.
_PLAIN = "set search_path = pg_catalog; set default_transaction_read_only = off; set statement_timeout = 0; "


@dataclass
class Place:
    """Hold one project, the line to it, and a folder of migrations; ``name`` is the database's."""

    folder: Path
    environment: dict[str, str]
    line: Line
    superuser: LocalDatabase
    name: str
    conninfo: str

    @property
    def migrations(self) -> Path:
        return self.folder / "supabase" / "migrations"

    def write(self, version: str, name: str, text: str) -> None:
        (self.migrations / f"{version}_{name}.sql").write_bytes(text.encode("utf-8"))

    def configure(self, settings: str) -> None:
        (self.folder / "sbapply.toml").write_text(settings, encoding="utf-8")

    def start(self, *options: str, folder: Path | None = None) -> "subprocess.Popen[str]":
        """Start a push of a folder, this place's own if none is named."""
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "sbapply", *_PUSH, *options],
            env=self.environment,
            cwd=folder or self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def push(self, *options: str, folder: Path | None = None, seconds: float = 60.0) -> Report:
        """Push and return the report; fail if it takes longer than ``seconds``."""
        return self.await_report(self.start(*options, folder=folder), seconds=seconds)

    def await_report(self, process: "subprocess.Popen[str]", *, seconds: float = 60.0) -> Report:
        """Return the report of a push that was started; end it and fail if it takes longer than ``seconds``."""
        with process:
            try:
                stdout, stderr = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                _, stderr = process.communicate()
                raise AssertionError(f"a push hangs:\n{stderr}") from None
        return read_report(process.returncode, stdout, stderr)

    def await_reports(self, processes: Sequence["subprocess.Popen[str]"]) -> list[Report]:
        """Return the reports of pushes that were started together; if one fails, none is left running."""
        try:
            return [self.await_report(process) for process in processes]
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                    process.communicate()

    def texts(self) -> dict[str, tuple[str, ...]]:
        return stored_texts(self.migrations)

    def truth(self) -> Truth:
        """Read what is committed."""
        (there,) = self.superuser.run(
            f"{_PLAIN} select pg_catalog.to_regclass('{HISTORY}') is not null as history, "
            "pg_catalog.to_regclass('app.marks') is not null as marks"
        )
        rows: dict[str, tuple[str, ...]] = {}
        marks: dict[tuple[str, int], int] = {}
        if there["history"] is True:
            found = self.superuser.run(
                f"{_PLAIN} select h.version::text, pg_catalog.to_jsonb(h) -> 'statements' as statements "
                f"from {HISTORY} as h order by h.xmin::text::bigint"
            )
            for row in found:
                texts = row["statements"]
                rows[str(row["version"])] = tuple(map(str, texts)) if isinstance(texts, list) else ()
        if there["marks"] is True:
            found = self.superuser.run(
                f"{_PLAIN} select version, part, count(*)::int as n from app.marks group by 1, 2"
            )
            marks = {(str(row["version"]), int(str(row["part"]))): int(str(row["n"])) for row in found}
        return Truth(rows, marks)

    def settings_left(self) -> list[str]:
        """Return what sessions of the role start with in this database, beyond what a project's do."""
        rows = self.superuser.run(
            f"{_PLAIN} select pg_catalog.unnest(own.setconfig) as setting "
            "from pg_catalog.pg_db_role_setting as own "
            "join pg_catalog.pg_database as base on base.oid = own.setdatabase "
            "where base.datname = current_database()"
        )
        return [str(row["setting"]) for row in rows]

    def left_behind(self) -> int:
        """Count the rows that are left of migrations under way: parts that are done, claims, pieces."""
        count = 0
        for name in ("sbapply_units", "sbapply_pieces"):
            table = f"supabase_migrations.{name}"
            (there,) = self.superuser.run(f"{_PLAIN} select pg_catalog.to_regclass('{table}') is not null as it")
            if there["it"] is True:
                (row,) = self.superuser.run(f"{_PLAIN} select count(*)::int as n from {table}")
                count += int(str(row["n"]))
        return count


@contextmanager
def place_on(
    server: Server,
    folder: Path,
    *,
    limits: Limits | None = None,
    delays: tuple[float, float] = (0.0, 0.0),
    seed: int = 0,
) -> Iterator[Place]:
    """Serve a fresh project of ``server`` while the block runs, and wait at its end for what is under way."""
    (folder / "supabase" / "migrations").mkdir(parents=True, exist_ok=True)
    name = new_database(server)
    settings = Sandbox(requests_per_minute=None, limits=limits or Limits())

    def conninfo(role: str) -> str:
        return server.conninfo(user=role, database=name)

    line = Line(SandboxHandler(settings, conninfo), delays)
    line.chance.seed(seed)
    with serving(line) as listening:
        made = Place(
            folder,
            {
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "SBAPPLY_HOME": os.environ["SBAPPLY_HOME"],
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                "SBAPPLY_API_URL": listening.url,
                "SUPABASE_ACCESS_TOKEN": settings.token,
                "SUPABASE_PROJECT_REF": settings.ref,
            },
            line,
            LocalDatabase(conninfo("supabase_admin")),
            name,
            conninfo("supabase_admin"),
        )
        try:
            yield made
        finally:
            line.wait()
    LocalDatabase(server.conninfo(user="supabase_admin", database="template1")).run(
        f"drop database {name} with (force)"
    )
