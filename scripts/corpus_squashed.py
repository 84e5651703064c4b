"""Squash a folder that was pushed, and hold the one file and the project against what the many made."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.corpus_official import listed
from scripts.corpus_project import Project
from scripts.corpus_psql import run_file
from scripts.corpus_rebuilt import dump, lines_between

from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.server import Server


@dataclass(frozen=True)
class Squashed:
    """Hold how many files became one, of how many bytes, with how many rows, in how long, and what is wrong."""

    files: int = 0
    size: int = 0
    rows: int = 0
    seconds: float = 0.0
    note: str = ""
    faults: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return the cells of the summary table: files, size and rows of the one, and whether it is equal."""
        end = "not replayed" if self.note else f"{len(self.faults)} faults" if self.faults else "equal"
        return f"{self.files} | {self.size // 1000} kB | {self.rows} | {end}"


def hold_squashed(server: Server, project: Project, *, replays: bool) -> Squashed:
    """Squash what is applied, with its rows; ``replays`` says that the files can be replayed from nothing.

    The one file is run with psql on a fresh server and dumped, and the dump held against that of the project; then
    status, verify and the official CLI are asked.
    """
    started = time.perf_counter()
    done = project.run("squash", "--with-data", "--yes")
    seconds = time.perf_counter() - started
    if done["outcome"] == "nothing-to-do":
        return Squashed(note="one file")
    if done["error"] is not None:
        message = f"squash: {done['error']['message']}"
        return Squashed(note=message) if not replays else Squashed(faults=(message,))
    file = project.workdir / done["into"]
    faults = tuple(_faults(server, project, file, done))
    return Squashed(len(done["files"]), file.stat().st_size, done["rows_carried"], seconds, "", faults)


def _faults(server: Server, project: Project, file: Path, done: dict[str, Any]) -> Iterator[str]:
    yield from (f"squash: rows lost: {table} {count}" for table, count in done["rows_lost"].items())
    with scratch_engine() as fresh:
        error = run_file(fresh, file, single=True)
        if error is not None:
            yield f"squash: psql -1 fails: {file.name}:{error.line} {error.sqlstate} {error.message}"
        yield from (f"squash: {line}" for line in lines_between(dump(server), dump(fresh)))
    states = [each for each in project.run("status")["migrations"] if each["state"] not in ("applied", "skipped")]
    yield from (f"squash: status: {each['version']} is {each['state']}" for each in states)
    claims = project.run("verify").get("claims", ())
    wrong = [claim for claim in claims if claim["status"] in {"differs", "missing"}]
    yield from (f"squash: verify: {claim['object']} {claim['status']}" for claim in wrong)
    version = file.name.partition("_")[0]
    sides: Sequence[tuple[str, str]] = ()
    with suppress(RuntimeError):
        sides = listed(server, project.workdir)
    if list(sides) != [(version, version)]:
        yield f"squash: supabase migration list shows {list(sides)[:5]}, and not {version} alone"
