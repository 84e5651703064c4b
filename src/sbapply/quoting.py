"""Quote what goes into SQL: one function for identifiers, one for literals."""


def quote_identifier(name: str) -> str:
    """Return ``name`` as a quoted identifier, always with its quotes. Raises ValueError for NUL or ""."""
    if not name or "\x00" in name:
        raise ValueError("an identifier is not empty and holds no NUL")
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    r"""Return ``text`` as a string literal that reads the same whatever ``standard_conforming_strings`` says.

    Quotes are doubled; text with a backslash becomes ``E'…'`` with the backslashes doubled, as Postgres' own
    ``quote_literal`` does it (src/backend/utils/adt/quote.c). Raises ValueError for NUL, which no text of
    Postgres can hold.
    """
    if "\x00" in text:
        raise ValueError("a literal holds no NUL")
    doubled = text.replace("'", "''")
    if "\\" in doubled:
        return " E'" + doubled.replace("\\", "\\\\") + "'"
    return f"'{doubled}'"
