"""Time what happens before a push: a replay beside psql, the catalog, and a push of a few files onto many."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.bench_catalog import reading_the_whole
from scripts.bench_folder import write_migrations
from scripts.bench_line import Line
from scripts.bench_project import BARE_PUSH, PUSH, Place

from sbapply.migrations.files import read_folder
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.rehearsal import rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase


def before_a_push(place: Place, runs: int) -> Sequence[Line]:
    """Replay 200 files beside psql, read a large catalog, and push 10 files with 300 applied."""
    return (*_replay(runs), *reading_the_whole(runs), _push_onto_many(place, runs))


def _replay(runs: int) -> Sequence[Line]:
    """Run 200 files of four statements on a server that is up: a rehearsal, and psql -f file by file."""
    psql = shutil.which("psql")
    if psql is None:
        sys.exit("bench needs psql (Debian: postgresql-client)")
    with tempfile.TemporaryDirectory() as folder:
        files = write_migrations(Path(folder), 200)
        read = read_folder(Path(folder, "supabase", "migrations"), shown="supabase/migrations")

        def by_rehearsal(server: Server) -> None:
            rehearse(LocalDatabase(server.conninfo(user="postgres")), read.migrations)

        def by_psql(server: Server) -> None:
            where = ("-h", str(server.socket_directory), "-p", str(server.port), "-U", "postgres", "-d", "postgres")
            for file in files:
                subprocess.run((psql, "-q", "-X", "-v", "ON_ERROR_STOP=1", *where, "-f", file), check=True)

        ours, theirs = _median(by_rehearsal, runs), _median(by_psql, runs)
    return (
        Line("200 files replayed", f"{ours:.2f} s", f"`psql -f` file by file {theirs:.2f} s", ours / theirs, 1.5),
    )


def _median(run: Callable[[Server], None], runs: int) -> float:
    seconds = []
    for _ in range(runs):
        with scratch_engine() as server:
            started = time.perf_counter()
            run(server)
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _push_onto_many(place: Place, runs: int) -> Line:
    """Push 10 files, with rehearsal and verification, where 300 are applied."""
    seconds = []
    for _ in range(runs):
        with place.project(lambda folder: write_migrations(folder, 300)) as project:
            project.run(BARE_PUSH)
            write_migrations(project.folder, 310)
            seconds.append(project.run(PUSH).seconds)
    median = statistics.median(seconds)
    return Line("10 files pushed with 300 applied, `push`", f"{median:.2f} s", "", median, 4)
