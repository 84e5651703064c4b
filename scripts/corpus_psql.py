"""Run migrations with psql, one file a session, as role postgres."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.corpus_ends import environment_of, program

from sbapply.rehearse.rewording import reword
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
    """Run a file as `psql -f` does, or `psql -1 -f`, stop at its first error and return that.

    What only the platform takes from role postgres is worded as the sandbox words it, place for place.
    """
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    with tempfile.NamedTemporaryFile("wb", suffix=".sql") as reworded:
        reworded.write(reword(text).encode("utf-8", "surrogateescape"))
        reworded.flush()
        path = file if reword(text) == text else Path(reworded.name)
        said = _psql(server, database, "-v", "ON_ERROR_STOP=1", *(["-1"] if single else []), "-f", path)
    if said is None:
        return None
    return next(_errors(said), None) or _complaint(said)


def _psql(server: Server, database: str, *arguments: str | Path) -> str | None:
    """Return what psql said on stderr if it stopped at an error, else None."""
    done = subprocess.run(
        [program("psql"), "-X", "-q", "-v", "VERBOSITY=verbose", *arguments],
        env=environment_of(server, database, "postgres"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.stderr if done.returncode != 0 or "ON_ERROR_STOP=1" not in arguments else None


def _errors(said: str) -> Iterator[PsqlError]:
    for found in _ERROR.finditer(said):
        yield PsqlError(int(found[1]), found[2], found[3])


def _complaint(said: str) -> PsqlError:
    """Return what psql itself complained of, without a SQLSTATE."""
    found = _COMPLAINT.search(said)
    return PsqlError(int(found[1]) if found else 0, "", (found[2] if found else said.strip())[:200])


def run_in_copy(server: Server, file: Path, *, syntax: bool = False) -> PsqlError | None:
    """Return the first error of a file in a copy of the database postgres, which stays as it was.

    With ``syntax`` it is the first syntax error, whatever fails before it: what a parser of the whole file sees.
    """
    _maintain(server, "drop database if exists copied", "create database copied template postgres owner postgres")
    try:
        if not syntax:
            return run_file(server, file, "copied")
        errors = _errors(_psql(server, "copied", "-f", file) or "")
        return next((error for error in errors if error.sqlstate == "42601"), None)
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
