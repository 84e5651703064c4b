"""Name objects for a reader."""

import re
from collections.abc import Iterable, Sequence

from sbapply.quoting import quote_identifier


def dotted(names: Iterable[str]) -> str:
    """Return names with dots between them; those that are not plain are quoted, empty ones left out."""
    return ".".join(
        name if re.fullmatch("[a-z_][a-z0-9_$]*", name) else quote_identifier(name) for name in names if name
    )


def named(kind: str, key: Sequence[str]) -> str:
    """Return an object's name for a reader, with its kind before it."""
    if kind in {"owner", "comment"}:
        return f"{kind} of {named(key[0], key[1:])}"
    if kind == "privilege":
        return f"privileges of {key[-1] or 'everybody'} on {named(key[0], key[1:-1])}"
    if kind in {"function", "procedure", "aggregate"}:
        return f"{kind} {dotted(key[:2])}({', '.join(key[2:])})"
    if kind == "default privilege":
        schema = f" in {dotted(key[1:2])}" if key[1] else ""
        return f"default privileges of {key[3]} on {key[2]} of {key[0]}{schema}"
    return f"{kind} {dotted(key)}"
