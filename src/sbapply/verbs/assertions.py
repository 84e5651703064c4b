"""Gather the assertions of a folder, and turn the first that is refused into an error."""

from collections.abc import Sequence

from sbapply.errors import Place, Refused
from sbapply.migrations.assertions import (
    AssertionFolder,
    AssertionSet,
    assertions_of_file,
    assertions_of_migration,
)
from sbapply.migrations.files import Migration, Problem


def asserted_in_files(folder: AssertionFolder) -> tuple[AssertionSet, ...]:
    """Return the sets of a folder's files. Raises ``Refused`` at the first file that is no set of assertions."""
    return tuple(_taken(source.file, None, assertions_of_file(source)) for source in folder.files)


def asserted_in_migrations(migrations: Sequence[Migration]) -> tuple[AssertionSet, ...]:
    """Return the sets of the migrations that hold assertions. Raises ``Refused`` at the first that is none."""
    found = (_taken(each.file, each.version, assertions_of_migration(each)) for each in migrations)
    return tuple(each for each in found if each.statements)


def _taken(file: str, version: str | None, judged: AssertionSet | Problem) -> AssertionSet:
    if isinstance(judged, Problem):
        place = judged.place or Place(file, 1, 1)
        raise Refused(judged.reason, judged.next_step, place=place, version=version)
    return judged
