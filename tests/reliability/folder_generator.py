"""Lay out a folder of migrations as real ones are: odd versions, odd names, and files that are none."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tests.reliability.folder_cases import Case, cases

_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_SHAPES = ("%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S")
# Every one of these would break the database or the history if it ran.
_NO_MIGRATIONS = (
    "seed.sql",
    "20260101-hyphen.sql",
    "20260101000000.sql",
    "v1_initial.sql",
    "sub/20260101000001_inside.sql",
    "meta/0000_snapshot.json",
    "README.md",
    "20260102000000_notes.sql.bak",
    "20260601000000_undo.down.sql",
)


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """Name one migration of the folder, in the order in which they run."""

    version: str
    name: str
    path: Path
    case: Case


@dataclass(frozen=True, slots=True)
class GeneratedFolder:
    """Hold the migrations in order, and the names of the files that are none."""

    migrations: tuple[GeneratedFile, ...]
    others: tuple[str, ...]


def generate(seed: int, folder: Path, *, without: frozenset[str] = frozenset()) -> GeneratedFolder:
    """Write a folder, without the cases of these labels; the same seed writes the same one."""
    random = Random(seed)
    folder.mkdir(parents=True)
    migrations = []
    for number, case in enumerate(each for each in cases(random) if each.label not in without):
        version = _version(number, random)
        name = f"{case.label}{random.choice(('', '', '.v2', '-fix', ' copy', '_ünï', '__'))}"
        path = folder / f"{version}_{name}.sql"
        path.write_bytes(case.content())
        migrations.append(GeneratedFile(version, name, path, case))
    for other in _NO_MIGRATIONS:
        path = folder / other
        path.parent.mkdir(exist_ok=True)
        path.write_text("drop schema supabase_migrations cascade; drop table public.notes;\n")
    return GeneratedFolder(tuple(migrations), _NO_MIGRATIONS)


def _version(number: int, random: Random) -> str:
    """Return a version of 4, 8, 10, 12 or 14 digits that sorts behind the earlier ones as text.

    Each of the longer ones has a day of its own, so that their lengths do not matter.
    """
    if number < 3:
        return f"{number + 1:04}"
    moment = _FIRST_DAY + timedelta(days=number, seconds=random.randrange(86_400))
    return moment.strftime(random.choice(_SHAPES))
