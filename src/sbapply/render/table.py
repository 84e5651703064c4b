"""Show rows of a query as a table."""

import json
from collections.abc import Iterator, Sequence

from sbapply.database import Json, Row
from sbapply.render.visible import visible


def table_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a header and a line a row, columns in the order in which they first appear."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if columns:
        cells = [[_cell(row.get(column)) for column in columns] for row in rows]
        heads = [visible(column) for column in columns]
        widths = [max(len(line[at]) for line in [heads, *cells]) for at in range(len(columns))]
        yield " | ".join(head.ljust(width) for head, width in zip(heads, widths, strict=True)).rstrip()
        yield "-+-".join("-" * width for width in widths)
        for line in cells:
            yield " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
    yield f"({len(rows)} row{'' if len(rows) == 1 else 's'})"


def _cell(value: Json) -> str:
    if value is None:
        return "NULL"
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
