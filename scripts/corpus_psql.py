"""Run migrations with psql, one file a session, as role postgres."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.corpus_ends import environment_of, program

from sbapply.rehearse.server import Server

_ERROR = re.compile(r"^psql:(?:.*):(\d+): (?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5}): (.*)$", re.MULTILINE)
_COMPLAINT = re.compile(r"^psql:(?:.*):(\d+): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PsqlError:
    """Hold the first error: the line at which psql had read the failing statement to its end."""

    line: int
    sqlstate: str
    message: str


def run_file(server: Server, file: Path, database: str = "postgres", *, single: bool = False) -> PsqlError | None:
    """Run a file as `psql -f` does, or `psql -1 -f`, stop at its first error and return that."""
    one = ["-1"] if single else []
    done = subprocess.run(
        [program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", *one, "-f", file],
        env=environment_of(server, database, "postgres"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return None
    found = _ERROR.search(done.stderr)
    if found:
        return PsqlError(int(found[1]), found[2], found[3])
    said = _COMPLAINT.search(done.stderr)
    return PsqlError(int(said[1]) if said else 0, "", (said[2] if said else done.stderr.strip())[:200])


def run_in_copy(server: Server, file: Path) -> PsqlError | None:
    """Run a file in a copy of the database postgres, which stays as it was."""
    _maintain(server, "drop database if exists copied", "create database copied template postgres owner postgres")
    try:
        return run_file(server, file, "copied")
    finally:
        _maintain(server, "drop database copied with (force)")


def _maintain(server: Server, *statements: str) -> None:
    commands = [part for statement in statements for part in ("-c", statement)]
    subprocess.run(
        [program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *commands],
        env=environment_of(server, "template1", "supabase_admin"),
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
    )
