"""Time whole processes of sbapply beside the official CLI's and psql's, and measure their memory.

`make bench` runs it. Prints the tables of docs/benchmarks.md (``--write`` writes them there) and ends with 1 if a
bound is broken. Node modules with `supabase` come from SBAPPLY_NODE_MODULES, which `make bench` sets.
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts.bench_line import Line, table
from scripts.bench_memory import measure_memory
from scripts.bench_project import Place, bench_place, cores
from scripts.bench_push import beside_psql, beside_the_official_cli, over_the_number_of_files
from scripts.bench_rehearsal import before_a_push
from scripts.bench_start import time_start

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
INTRODUCTION = """# Benchmarks

Made by `make bench`, which fails where a figure passes its bound. Every time is that of a whole process, from its
start to its end, on a fresh project: the median of a few runs, in turn with what it is held against, after one run
that is not counted. The files are generated: a table, an index, two rows, and a comment or one more column each.
Everything, the projects' data too, is in memory where there is room, for both sides: disks differ more than
programs do.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each push")
    parser.add_argument("--only", choices=list(_sections(3)), help="one part alone")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    arguments = parser.parse_args()
    if arguments.write and arguments.only is not None:
        parser.error("--write needs every part")
    started = time.monotonic()
    lines: list[Line] = []
    texts = [INTRODUCTION]
    with bench_place() as place:
        for name, (title, measure) in _sections(arguments.runs).items():
            if arguments.only in (None, name):
                measured = measure(place)
                lines += measured
                texts.append(table(title, measured))
                print(texts[-1], flush=True)
    machine = f"{cores()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    texts.append(f"Measured in {time.monotonic() - started:.0f} s on {machine}.\n")
    print(texts[-1])
    if arguments.write:
        DOCUMENT.write_text("\n".join(texts), encoding="utf-8")
    sys.exit(0 if all(line.held for line in lines) else 1)


def _sections(runs: int) -> Mapping[str, tuple[str, Callable[[Place], Sequence[Line]]]]:
    return {
        # First: a process starts with the peak of the one that started it (setmax_mm_hiwater_rss in Linux's exec).
        "memory": ("Memory at its peak", measure_memory),
        "start": ("Starting", lambda place: time_start(place, 9)),
        "official": ("Pushing with 50 ms a round trip", lambda place: beside_the_official_cli(place, runs)),
        "psql": ("Pushing without added latency", lambda place: beside_psql(place, runs)),
        "files": ("Over the number of files", lambda place: over_the_number_of_files(place, runs)),
        "rehearsal": ("Before a push", lambda place: before_a_push(place, runs)),
    }


if __name__ == "__main__":
    main()
