"""Time programs that only start, or only read, beside the official CLI's."""

import statistics
from collections.abc import Sequence

from scripts.bench_line import Line
from scripts.bench_project import PUSH, SBAPPLY, Place, Project


def time_start(place: Place, runs: int) -> Sequence[Line]:
    """Run each pair of commands in turn on one project, after one run each that is not counted."""
    with place.project_of_ours() as project:
        project.run(PUSH)
        official = str(place.official)
        return (
            _compare(project, "`--version`", (str(SBAPPLY), "--version"), (official, "--version"), 0.2, runs),
            _compare(
                project,
                "`status` / `migration list`",
                (str(SBAPPLY), "status"),
                (official, "migration", "list", f"--remote={project.remote}"),
                0.7,
                runs,
            ),
        )


def _compare(
    project: Project, what: str, ours: Sequence[str], theirs: Sequence[str], at_most: float, runs: int
) -> Line:
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(runs + 1):
        for who, command in (("ours", ours), ("theirs", theirs)):
            run = project.run(command)
            if number:
                seconds[who].append(run.seconds)
    mine, other = statistics.median(seconds["ours"]), statistics.median(seconds["theirs"])
    return Line(what, f"{mine:.3f} s", f"supabase {other:.3f} s", mine / other, at_most)
