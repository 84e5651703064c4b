"""Load the SQL that is sent from its .sql files and fill in values."""

import re
from functools import cache
from importlib.resources import files

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@cache
def load_sql(package: str, name: str) -> str:
    """Return the text of the .sql file ``name`` in the folder ``sql`` of ``package``."""
    return files(package).joinpath("sql", name).read_text(encoding="utf-8")


def fill(template: str, **values: str) -> str:
    """Put each value, already quoted SQL, in the place of its ``{name}``; every placeholder must have one.

    One pass: what stands in a value is never taken for a placeholder.
    """
    return _PLACEHOLDER.sub(lambda matched: values[matched[1]], template)
