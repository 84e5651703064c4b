"""Load the clauses of the protocol: the templates in ``sql/``, and the marker by which a request is known."""

from collections.abc import Iterable

from sbapply.quoting import quote_literal
from sbapply.templates import load_sql


def load(name: str) -> str:
    """Return the text of a template."""
    return load_sql("sbapply.apply", name)


def literals(texts: Iterable[str]) -> str:
    """Return texts as a list of literals."""
    return ", ".join(map(quote_literal, texts))


def marker_halves(marker: str) -> dict[str, str]:
    """Return a marker as two literals, so that the SQL that looks for it does not find itself."""
    middle = len(marker) // 2
    return {"marker_head": quote_literal(marker[:middle]), "marker_tail": quote_literal(marker[middle:])}


def attempt_marker(attempt: str) -> str:
    """Return the marker of a statement that runs alone."""
    return f"sbapply attempt={attempt};"
