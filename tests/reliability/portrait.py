"""Draw what a database holds, so that two of them can be compared."""

import subprocess

from sbapply.rehearse.binaries import find_binaries
from tests.reliability.place import Place


def portrait(place: Place) -> str:
    """Return what pg_dump says of schema and data of everything that migrations made, the history included."""
    program = find_binaries().directory / "pg_dump"
    schemas = ("app", "supabase_migrations", "public")
    done = subprocess.run(
        [program, "--dbname", place.conninfo, *(f"--schema={name}" for name in schemas)],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return "\n".join(_with_sorted_rows(done.stdout))


def _with_sorted_rows(dump: str) -> list[str]:
    """Return the dump's lines, the rows of each table sorted.

    Where an UPDATE puts a row depends on what else looks at its page at that moment; order is no part of a table.
    """
    lines: list[str] = []
    rows: list[str] | None = None
    for line in dump.splitlines():
        if line.startswith(("\\restrict", "\\unrestrict")):
            # Each dump starts and ends with a random key of its own.
            continue
        if rows is None:
            lines.append(line)
            rows = [] if line.startswith("COPY ") and line.endswith(" FROM stdin;") else None
        elif line == "\\.":
            lines += [*sorted(rows), line]
            rows = None
        else:
            rows.append(line)
    return lines


def differences(expected: str, found: str, *, at_most: int = 30) -> str:
    """Return the lines in which two portraits differ."""
    import difflib

    lines = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), "undisturbed", "found", lineterm="", n=0
    )
    return "\n".join(list(lines)[:at_most])
