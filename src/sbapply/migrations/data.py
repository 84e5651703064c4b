"""Find the statements of migrations that change rows, which a file of the schema alone does not hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sbapply.errors import Place
from sbapply.migrations.files import Migration
from sbapply.migrations.statements import SplitText, split_migration
from sbapply.migrations.text import place_at

_WORD = re.compile(r"(insert|update|delete|merge|copy|do|call|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(insert\s+into|update|delete\s+from|merge\s+into)\b", re.IGNORECASE)
# Buckets are objects of the catalog.
_COVERED = re.compile(r'insert\s+into\s+"?storage"?\s*\.\s*"?buckets"?\b', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DataStatement:
    """Name a statement that changes rows, or may: ``word`` is INSERT, UPDATE, DELETE, MERGE, COPY, DO or CALL."""

    version: str
    word: str
    place: Place


def data_statements(migration: Migration) -> Iterator[DataStatement]:
    """Yield the statements of a migration that change rows, and the blocks and calls that may."""
    split = split_migration(migration)
    if not isinstance(split, SplitText):
        return
    for statement in split.statements:
        source = split.source(statement)
        found = _WORD.match(source)
        if found is None or _COVERED.match(source):
            continue
        word = found[1].upper()
        if word == "WITH":
            written = _WRITES.search(source)
            if written is None:
                continue
            word = written[1].split()[0].upper()
        yield DataStatement(migration.version, word, place_at(migration.file, migration.text, statement.start))
