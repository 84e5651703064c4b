"""Load the clauses of the protocol: the templates in ``sql/``, and the marker by which a request is known."""

from collections.abc import Iterable

from sbapply.quoting import quote_literal
from sbapply.templates import fill, load_sql

HISTORY = "supabase_migrations.schema_migrations"


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


def opening_sql(marker: str, nonce: str, deadline: float, *, plain: bool = True) -> str:
    """Return what a request that writes begins with: its marker, and what shuts the door after the deadline.

    ``plain`` sets back what the statements of other files that run alone have on the role meanwhile.
    """
    return fill(
        load("deadline.sql"),
        marker=marker,
        nonce=quote_literal(nonce),
        deadline=repr(deadline),
        plain_session=plain_session(plain),
    )


def plain_session(needed: bool) -> str:
    """Return what gives a session the settings it would have without the claims that stand, if that is needed."""
    return load("plain_session.sql") if needed else ""


def settling_sql(
    marker: str,
    deadline: float,
    *,
    table: str,
    present: str,
    versions: Iterable[str] = ("",),
    attempts: Iterable[str] = ("",),
) -> str:
    """Return the read-only SQL that finds out what became of a request.

    ``present`` is the SQL that tells the rows of ``table`` that it may have written, as one object. ``versions``
    and ``attempts`` are those of which parts and pieces are told too.
    """
    halves = marker_halves(marker)
    return fill(
        load("settle.sql"),
        deadline=repr(deadline),
        table=quote_literal(table),
        present=present,
        versions=literals(versions),
        attempts=literals(attempts),
        work=fill(load("work.sql"), **halves),
        **halves,
    )


def present_in_history(versions: Iterable[str], *, named: bool = False) -> str:
    """Return the SQL that tells the digest of each version's row.

    Where it is to be ``named``, that is followed by whether it holds a text, be it an empty one, and by its name.
    """
    more = (
        " || case pg_catalog.jsonb_typeof(entry -> 'statements') when 'array' then ':text' else ':' end"
        " || coalesce(':' || (entry ->> 'name'), '')"
    )
    return fill(load("settle_history.sql"), versions=literals(versions), named=more if named else "")


def attempt_marker(attempt: str) -> str:
    """Return the marker of a statement that runs alone."""
    return f"sbapply attempt={attempt};"
