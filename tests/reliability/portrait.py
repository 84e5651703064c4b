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
    # Since 18.0 each dump starts and ends with a key of its own.
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    return "\n".join(lines)


def differences(expected: str, found: str, *, at_most: int = 30) -> str:
    """Return the lines in which two portraits differ."""
    import difflib

    lines = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), "undisturbed", "found", lineterm="", n=0
    )
    return "\n".join(list(lines)[:at_most])
