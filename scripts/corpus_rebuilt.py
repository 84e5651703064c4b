"""Rebuild a project's schema elsewhere from its catalog, and hold both against each other with pg_dump too."""

import difflib
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.corpus_ends import environment_of, program

from sbapply.catalog.canonical import spread_casts
from sbapply.catalog.ddl import build
from sbapply.catalog.whole import WholeCatalog, read_whole
from sbapply.errors import SbapplyError
from sbapply.migrations.files import Migration, read_folder
from sbapply.rehearse.clone import differences_of, rebuild
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.rehearsal import rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase

# What the platform brings; what a project made in it is compared by our catalog.
_PLATFORM = (
    "_analytics",
    "_realtime",
    "_supavisor",
    "auth",
    "cron",
    "extensions",
    "graphql",
    "graphql_public",
    "net",
    "pgbouncer",
    "pgmq",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "vault",
)
# What is different from one dump to the next, or says nothing.
# A secret in the options of a foreign server is never read, so it is not in the copy.
_SECRET = re.compile(r"(key|sword|ecret|token) '[^']*'")
_NOISE = ("--", "\\restrict", "\\unrestrict", "SET ", "SELECT pg_catalog.set_config(")


@dataclass(frozen=True)
class Rebuilt:
    """Hold how many of the project's own objects there are, and in what the two copies are not as the original."""

    objects: int
    not_covered: tuple[str, ...]
    clone: tuple[str, ...]
    pulled: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not self.clone and not self.pulled

    def describe(self) -> str:
        """Return the cells of the summary table: objects, the clone and the pulled file."""
        each = ("equal" if not lines else f"{len(lines)} lines differ" for lines in (self.clone, self.pulled))
        return " | ".join((str(self.objects), *each))


def hold_rebuilt(server: Server) -> Rebuilt:
    """Rebuild what is in ``server`` twice, statement by statement and as one pulled migration, and compare."""
    catalog = read_whole(_database(server), patience=60)
    original = dump(server)
    with scratch_engine() as clone:
        found = [str(each) for each in rebuild(catalog, _database(clone))]
        of_clone = (*found, *lines_between(original, dump(clone)))
    return Rebuilt(len(catalog.own().objects), catalog.not_covered, of_clone, tuple(_pulled(catalog, original)))


@dataclass(frozen=True)
class Replayed:
    """Hold how long a rehearsal of all files took, what it simulated, and where it failed, if it did."""

    seconds: float
    simulated: tuple[str, ...]
    failure: str = ""


def replay(workdir: Path) -> Replayed:
    """Rehearse every file that is left in the folder, from nothing."""
    migrations = read_folder(workdir / "supabase" / "migrations", shown="supabase/migrations").migrations
    with scratch_engine() as server:
        started = time.perf_counter()
        try:
            rehearsal = rehearse(_database(server), migrations)
        except SbapplyError as error:
            return Replayed(time.perf_counter() - started, (), f"{error.place}: {error.message}")
        return Replayed(time.perf_counter() - started, rehearsal.simulated)


def _pulled(catalog: WholeCatalog, original: list[str]) -> Iterator[str]:
    """Yield in what a replay of the pulled migration is not as the original."""
    text = "".join(f"{each.sql};\n\n" for each in build(catalog))
    with scratch_engine() as server:
        try:
            yield from differences_of(catalog, _database(server), Migration("1", "pulled", "1_pulled.sql", text))
        except SbapplyError as error:
            yield f"{error.place}: {error.message}"
        yield from lines_between(original, dump(server))


def _database(server: Server) -> LocalDatabase:
    return LocalDatabase(server.conninfo(user="postgres"))


def dump(server: Server) -> list[str]:
    """Return what pg_dump says of the schema without the platform's, line by line."""
    command = [program("pg_dump"), "--schema-only", *(f"--exclude-schema={name}" for name in _PLATFORM)]
    done = subprocess.run(
        command,
        env=environment_of(server, "postgres", "supabase_admin"),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(_NOISE)]
    # A restored dump differs from the dump in such lists too.
    return [spread_casts(_SECRET.sub(r"\1 'withheld'", line)) for line in lines]


def lines_between(expected: list[str], found: list[str]) -> Iterator[str]:
    """Yield the lines in which two dumps differ."""
    for line in difflib.unified_diff(
        expected, found, "pg_dump of the original", "pg_dump of the copy", n=0, lineterm=""
    ):
        if not line.startswith(("---", "+++", "@@")):
            yield f"pg_dump: {line}"
