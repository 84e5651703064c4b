"""Measure how much memory a push takes at its peak."""

import sys
from collections.abc import Sequence

from scripts.bench_folder import write_large_migration, write_migrations
from scripts.bench_line import Line
from scripts.bench_project import BARE_PUSH, PUSH, Place

MEGABYTE = 1_000_000
SPLIT = """
import sys, pathlib, postgast
postgast.split(pathlib.Path(sys.argv[1]).read_bytes().decode())
"""


def measure_memory(place: Place) -> Sequence[Line]:
    """Push one file of 20 MB, held against a process that only splits it, and 1,200 files."""
    with place.project(lambda folder: write_large_migration(folder, 20 * MEGABYTE)) as project:
        [path] = (project.folder / "supabase" / "migrations").iterdir()
        size = path.stat().st_size
        split = project.run((sys.executable, "-c", SPLIT, str(path)))
        large = project.run(BARE_PUSH)
    with place.project(lambda folder: write_migrations(folder, 1200)) as project:
        many = project.run(PUSH)
    return (
        Line(
            f"a migration of {size / MEGABYTE:.0f} MB, over one `postgast.split` of it, in sizes of the file",
            f"{large.peak / MEGABYTE:.0f} MB",
            f"`postgast.split` {split.peak / MEGABYTE:.0f} MB",
            (large.peak - split.peak) / size,
            3,
        ),
        Line("1,200 files, in MB", f"{many.peak / MEGABYTE:.0f} MB", "", many.peak / MEGABYTE, 150),
    )
