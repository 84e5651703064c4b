"""Say what speaks against a failed rehearsal: why the project itself could take what a scratch Postgres refused."""

import re
from collections.abc import Iterable

from sbapply.errors import SqlError

# What depends on rows: a scratch database has the migrations' own rows and nobody else's.
_OF_ROWS = ("21", "22", "23", "P0")
# Disk, memory, connections: what a scratch Postgres has of them is its own affair.
_RESOURCES = "53"
# Something that is not there: it may be the platform's, or made by hand.
_UNDEFINED = frozenset({"42883", "42P01", "42704", "42703", "3F000", "42P02"})
_PLATFORM = re.compile(
    r"\b(auth|storage|realtime|vault|extensions|graphql|graphql_public|net|cron|pgmq|pgsodium|pgtle|"
    r"supabase_functions)\b\.?"
)
# The embedded Postgres knows C and C.UTF-8 alone.
_COLLATION = re.compile(r'ICU is not supported in this build|collation "[^"]*" for encoding "[^"]*" does not exist')
_NO_EXTENSION = re.compile(r'extension "[^"]*" is not available|could not open extension control file')


def doubt_about(error: SqlError, simulated: Iterable[str] = ()) -> str:
    """Return why the project may well take what failed in a rehearsal with ``error``, '' if nothing says so.

    ``simulated`` are the extensions for which a stand-in was used.
    """
    simulated = tuple(simulated)
    if _NO_EXTENSION.search(error.message):
        return "the scratch Postgres has no such extension"
    if _COLLATION.search(error.message):
        return "the scratch Postgres has no collations of ICU or of an operating system"
    if error.sqlstate.startswith(_OF_ROWS):
        return "it may depend on rows that the scratch Postgres does not have"
    if error.sqlstate.startswith(_RESOURCES):
        return "the scratch Postgres ran out of room"
    if "not simulated by sbapply" in f"{error.message} {error.detail} {error.hint}":
        return "the scratch Postgres has a stand-in for that extension"
    if error.sqlstate in _UNDEFINED:
        if _PLATFORM.search(error.message):
            return "the platform's own schemas are simulated"
        if error.sqlstate == "42883" and simulated:
            return f"stand-ins were used for {', '.join(simulated)}"
    return ""
