"""Show rows of a query as a table."""

import json
from collections.abc import Iterator, Sequence

from sbapply.database import Json, Row
from sbapply.render.visible import columns, visible


def table_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a header and a line a row, columns in the order in which they first appear."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if names:
        cells = [[_cell(row.get(name)) for name in names] for row in rows]
        heads = [visible(name) for name in names]
        widths = [max(columns(line[at]) for line in [heads, *cells]) for at in range(len(heads))]
        yield _joined(heads, widths)
        yield "-+-".join("-" * width for width in widths)
        for line in cells:
            yield _joined(line, widths)
    yield f"({len(rows)} row{'' if len(rows) == 1 else 's'})"


def csv_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a header and a line a row as RFC 4180 has it; NULL is an empty cell, control characters are visible."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    for line in [names, *([_csv_cell(row.get(name)) for name in names] for row in rows)] if names else []:
        yield ",".join(map(_quoted, line))


def _csv_cell(value: Json) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quoted(text: str) -> str:
    shown = visible(text)
    return '"' + shown.replace('"', '""') + '"' if any(each in shown for each in ',"\\') else shown


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True))
    return " | ".join(padded).rstrip()


def _cell(value: Json) -> str:
    if value is None:
        return "NULL"
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
