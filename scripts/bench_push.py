"""Time pushes of generated files: beside the official CLI far away, beside psql near by, and over their number."""

import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from scripts.bench_folder import write_migrations
from scripts.bench_line import Line
from scripts.bench_project import BARE_PUSH, PUSH, Place, Project, Run

ONE_WAY = 0.025
"""Seconds that everything needs in either direction, where latency is added: 50 ms a round trip."""

Command = Callable[[Project], Sequence[str]]


def beside_the_official_cli(place: Place, runs: int) -> Sequence[Line]:
    """Push 200 files of 4 statements, each time to a fresh project, with 50 ms a round trip for both."""
    commands: dict[str, Command] = {
        "default": lambda _project: PUSH,
        "bare": lambda _project: BARE_PUSH,
        "theirs": lambda project: (str(place.official), "db", "push", f"--remote={project.remote}", "--yes"),
    }
    done = _in_turn(place, commands, 200, runs, delay=ONE_WAY)
    theirs = _median(done["theirs"])
    requests = max(int(run.document["requests"]) for run in done["default"])
    return (
        *(
            Line(
                f"200 files, `{command}`",
                f"{_median(done[name]):.2f} s",
                f"`supabase db push` {theirs:.2f} s",
                _median(done[name]) / theirs,
                0.15,
            )
            for name, command in (("default", "push"), ("bare", "push --no-rehearse --no-verify"))
        ),
        Line("requests of the first", str(requests), "", requests, 5),
    )


def beside_psql(place: Place, runs: int) -> Sequence[Line]:
    """Push 200 files without added latency; hold it against psql, the start of the program taken off."""
    psql = shutil.which("psql")
    if psql is None:
        sys.exit("bench needs psql (Debian: postgresql-client)")

    def all_files(project: Project) -> Sequence[str]:
        files = sorted((project.folder / "supabase" / "migrations").iterdir())
        where = ("-h", str(project.socket_directory), "-U", "postgres", "-d", "postgres")
        return (psql, "-1", "-q", "-X", "-v", "ON_ERROR_STOP=1", *where, *(f"-f{path}" for path in files))

    done = _in_turn(place, {"bare": lambda _project: BARE_PUSH, "psql": all_files}, 200, runs)
    nothing = _in_turn(place, {"empty": lambda _project: BARE_PUSH}, 0, runs)
    bare, start, other = _median(done["bare"]), _median(nothing["empty"]), _median(done["psql"])
    return (
        Line("a push of nothing (start-up)", f"{start:.2f} s"),
        Line(
            "200 files, start-up taken off",
            f"{bare:.2f} s − {start:.2f} s",
            f"`psql -1 -f …` {other:.2f} s",
            (bare - start) / other,
            2,
        ),
    )


def over_the_number_of_files(place: Place, runs: int) -> Sequence[Line]:
    """Push 10, 100 and 1,000 files without added latency; the time of a file is what 0 files take taken off."""
    lines = []
    for name, command in (("push", PUSH), ("push --no-rehearse --no-verify", BARE_PUSH)):
        # Bound here and now: the loop goes on.
        chosen: dict[str, Command] = {name: partial(_always, command)}
        start = _median(_in_turn(place, chosen, 0, runs)[name])
        each: dict[int, float] = {}
        requests = 0
        for count in (10, 100, 1000):
            done = _in_turn(place, chosen, count, runs if count < 1000 else 1, warm=count < 1000)[name]
            each[count] = (_median(done) - start) / count
            requests = max(int(run.document["requests"]) for run in done)
        said = ", ".join(f"{count:,}: {seconds * 1000:.1f} ms" for count, seconds in each.items())
        lines += [
            Line(f"`{name}`, time a file of 10, 100, 1,000", said, "1,000 to 100", each[1000] / each[100], 1.5),
            Line(f"`{name}`, requests for 1,000 files", str(requests), "", requests, 12),
        ]
    return lines


def _always(command: Sequence[str], _project: Project) -> Sequence[str]:
    return command


def _in_turn(
    place: Place, commands: dict[str, Command], count: int, runs: int, *, delay: float = 0.0, warm: bool = True
) -> dict[str, list[Run]]:
    """Run the commands in turn, each time in a fresh project; with ``warm`` a first round is not counted."""
    done: dict[str, list[Run]] = {name: [] for name in commands}

    def fill(folder: Path) -> None:
        write_migrations(folder, count)

    for number in range(runs + warm):
        for name, command in commands.items():
            with place.project(fill, delay=delay) as project:
                run = project.run(command(project))
            if number >= warm:
                done[name].append(run)
    return done


def _median(done: Sequence[Run]) -> float:
    return statistics.median(run.seconds for run in done)
