"""Read what a schema can hold: files of SQL, each thing headed by a sentence that names it."""

import re
from collections.abc import Mapping
from pathlib import Path

_HEADING = re.compile(r"^-- (.+)\n", re.MULTILINE)


def cases(name: str) -> Mapping[str, str]:
    """Return the SQL of every thing in the file ``name``, by its sentence."""
    text = Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
    _, *parts = _HEADING.split(text)
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    assert len(found) == len(parts) // 2, "two things have one sentence"
    return found


RELATIONS = {
    sentence: sql
    for name in ("types", "sequences", "tables", "constraints", "indexes", "views", "circles", "extensions")
    for sentence, sql in cases(name).items()
}
"""What relations and types there are on every version."""

FOREIGN = cases("foreign")
"""Foreign tables, which need a foreign data wrapper that is there."""

ONLY_18 = cases("only_18")
"""What came with 18, or what role postgres can make on the embedded server only."""
