"""Give a case a world of its own: a project, a gateway before its API, a folder, and the program as a process."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sbapply.quoting import quote_identifier
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.settings import Sandbox
from tests.reliability.backstage import Backstage
from tests.reliability.gateway import Gateway, listening
from tests.reliability.judging import Report, Truth
from tests.reliability.kinds import ROWS, Folder, begun_name, ground_of
from tests.reliability.line import Answer, Line
from tests.reliability.place import Place

# Short patience, so that what has to be waited out is short: a request's deadline is half of ``settle``.
SETTLE = 3.0
# How long a write waits for its answer is no setting (75 s), nor is it for a single question (5 or 10 s). A case in
# which they have to give up starts the program with less.
_IMPATIENT = """
from sbapply.api import client
from sbapply.apply import alone, locks, settle
for module, name in (
    (client, "READ_TIMEOUT"),
    (settle, "_LONGEST_QUESTION"),
    (alone, "_CANCEL_SECONDS"),
    (locks, "_SECONDS"),
):
    assert hasattr(module, name)
    setattr(module, name, 0.8)
from sbapply.__main__ import main
main()
"""
_PUSH = ("push", "--yes", "--no-rehearse", "--no-verify", "--output", "json")
_numbers = count(1)

# Given a project's settings, and its connection string by role, returns what answers its API while a block runs.
Behind = Callable[[Sandbox, Callable[[str], str]], AbstractContextManager[Answer]]


def sandbox(settings: Sandbox, conninfo: Callable[[str], str]) -> AbstractContextManager[Answer]:
    """Put our own sandbox behind the gateway."""
    return nullcontext(SandboxHandler(settings, conninfo))


@dataclass(frozen=True)
class Counts:
    """Hold what was counted beside the history: how often parts were begun, and how many indexes were built."""

    begun: Mapping[tuple[str, int], int]
    built: int
    # Indexes that are there and can be used, and those that cannot.
    usable: frozenset[str]
    unusable: frozenset[str]
    # How many parts the side table holds as finished, by version.
    finished: Mapping[str, int]


@dataclass
class World:
    """Hold one project with its place on this machine, and the gateway before it.

    ``place`` has the folder and what is committed (``place.truth()``); requests go through ``gateway``.
    """

    place: Place
    gateway: Gateway

    def lay_out(self, folder: Folder) -> None:
        """Write a folder and the settings it is pushed with."""
        for file in folder.files:
            self.place.write(file.version, "case", file.text)
        self.configure(request_bytes=folder.request_bytes)

    def configure(self, *, request_bytes: int = 0, settle: float | None = None, lock_timeout: str = "2s") -> None:
        """Write the settings."""
        lines = ["[patience]", "read = 3.0", f"settle = {SETTLE if settle is None else settle}"]
        lines += ["[limits]", f'lock_timeout = "{lock_timeout}"', 'history_lock_timeout = "3s"']
        if request_bytes:
            lines.append(f"request_bytes = {request_bytes}")
        self.place.configure("\n".join(lines) + "\n")

    def start(self, *, impatient: bool = False) -> "subprocess.Popen[str]":
        """Start a push; an impatient one waits 0.8 s for an answer where others wait longer."""
        if not impatient:
            return self.place.start()
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _IMPATIENT, *_PUSH],
            env=self.place.environment,
            cwd=self.place.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def push(self, *, impatient: bool = False) -> Report:
        """Push and return the report."""
        return self.place.await_report(self.start(impatient=impatient))

    def settle_down(self) -> None:
        """Wait until nothing is under way and nothing will be delivered late; fail if a fault itself went wrong."""
        self.gateway.wait()
        self.place.line.wait()
        assert not self.gateway.troubles, f"{self.gateway.troubles}: {self.gateway.told()}"

    def truth(self) -> Truth:
        """Read what is committed."""
        return self.place.truth()

    def counts(self, folder: Folder) -> Counts:
        """Read what is counted beside the history."""
        run = self.place.superuser.run
        built = run("select case when is_called then last_value else 0 end::int as n from counting.built")
        begun = {}
        for file in folder.files:
            for part in range(1, file.parts + 1):
                name = f"counting.{quote_identifier(begun_name(file.version, part))}"
                found = run(f"select case when is_called then last_value else 0 end::int as n from {name}")
                begun[(file.version, part)] = int(str(found[0]["n"]))
        indexes = run(
            "select relname, indisvalid and indisready as usable from pg_index join pg_class on oid = indexrelid "
            "where relnamespace = 'app'::regnamespace"
        )
        usable = {str(row["relname"]): row["usable"] is True for row in indexes}
        return Counts(
            begun,
            int(str(built[0]["n"])) // ROWS,
            frozenset(name for name, good in usable.items() if good),
            frozenset(name for name, good in usable.items() if not good),
            self._finished(),
        )

    def _finished(self) -> dict[str, int]:
        run = self.place.superuser.run
        (there,) = run("select to_regclass('supabase_migrations.sbapply_units') is not null as units")
        if there["units"] is not True:
            return {}
        rows = run(
            "select version, count(*)::int as n from supabase_migrations.sbapply_units "
            "where finished_at is not null and unit > 0 group by version"
        )
        return {str(row["version"]): int(str(row["n"])) for row in rows}


@dataclass
class Yard:
    """Hold a server on which worlds are made, one for each case, from a database for each folder.

    ``behind`` puts something else than our sandbox behind the gateways.
    """

    server: Server
    root: Path
    behind: Behind = sandbox
    _grounds: dict[Folder, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def world(self, folder: Folder) -> Iterator[World]:
        """Make a world for a folder, whose files are written and not yet pushed; wait for all at its end."""
        name = f"case_{os.getpid()}_{next(_numbers)}"
        with self._lock:
            if folder not in self._grounds:
                self._grounds[folder] = self._prepare(f"ground_{name}", ground_of(folder))
            self._create(name, self._grounds[folder])
        settings = Sandbox(requests_per_minute=None)
        where = self.root / name
        (where / "supabase" / "migrations").mkdir(parents=True)

        def conninfo(role: str) -> str:
            return self.server.conninfo(user=role, database=name)

        superuser = LocalDatabase(conninfo("supabase_admin"))
        with self.behind(settings, conninfo) as end:
            line = Line(end)
            gateway = Gateway(line, Backstage(superuser, "app.things"))
            with listening(gateway) as url:
                environment = _environment(where, url, settings)
                world = World(Place(where, environment, line, superuser, name, conninfo("supabase_admin")), gateway)
                world.lay_out(folder)
                try:
                    yield world
                finally:
                    gateway.wait()
        self._maker().run(f"drop database {name} with (force)")

    def _prepare(self, name: str, ground: str) -> str:
        self._create(name, "postgres")
        LocalDatabase(self.server.conninfo(database=name)).run(ground)
        return name

    def _create(self, name: str, template: str) -> None:
        self._maker().run(f"create database {name} template {template} owner postgres strategy file_copy")

    def _maker(self) -> LocalDatabase:
        return LocalDatabase(self.server.conninfo(user="supabase_admin", database="template1"))


def _environment(home: Path, url: str, settings: Sandbox) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "SBAPPLY_HOME": os.environ["SBAPPLY_HOME"],
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "SBAPPLY_API_URL": url,
        "SUPABASE_ACCESS_TOKEN": settings.token,
        "SUPABASE_PROJECT_REF": settings.ref,
    }
