"""Hold the rules: one .sql file each, named as the platform names its lint.

A file is one SELECT over what ``around.sql`` of the catalog and of ``advise`` define, a row a finding. Its columns
are ``title``, ``level``, ``category``, ``page`` (the number in the platform's documentation), ``description``,
``type``, ``schema``, ``object``, ``detail`` and ``cache_key``; what else it has is metadata. Names, titles, levels
and pages are those of the platform's lints (github.com/supabase/splinter); the SQL and the sentences are our own.
"""

from importlib.resources import files


def rule_texts() -> dict[str, str]:
    """Return the SQL of every rule by its name."""
    found = (file for file in files(__name__).iterdir() if file.name.endswith(".sql"))
    return {
        file.name.removesuffix(".sql"): file.read_text(encoding="utf-8").rstrip()
        for file in sorted(found, key=lambda file: file.name)
    }
