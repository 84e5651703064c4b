"""A failed rehearsal is held against the project only where the project would meet the failure too."""

import pytest

from sbapply.errors import SqlError
from sbapply.rehearse.doubt import doubt_about


@pytest.mark.parametrize(
    ("sqlstate", "message", "simulated"),
    [
        ("0A000", 'extension "wrappers" is not available', ()),
        ("0A000", "digest(…, 'sha1') is not simulated by sbapply", ("pgcrypto",)),
        ("23503", 'insert or update on table "a" violates foreign key constraint "a_b_fkey"', ()),
        ("P0001", "no settings found", ()),
        ("42P01", 'relation "storage.prefixes" does not exist', ()),
        ("42883", "function auth.session_id() does not exist", ()),
        ("42883", "function gen_salt_of(integer) does not exist", ("pgcrypto",)),
        ("3F000", 'schema "cron" does not exist', ()),
        ("0A000", "ICU is not supported in this build", ()),
        ("53100", 'could not extend file "base/5/16390": No space left on device', ()),
        ("42704", 'collation "de-x-icu" for encoding "UTF8" does not exist', ()),
    ],
)
def test_what_the_project_may_have_is_in_doubt(sqlstate: str, message: str, simulated: tuple[str, ...]) -> None:
    assert doubt_about(SqlError(sqlstate, message), simulated) != ""


@pytest.mark.parametrize(
    ("sqlstate", "message"),
    [
        ("42601", 'syntax error at or near "tabel"'),
        ("42P01", 'relation "public.orders" does not exist'),
        ("42703", 'column "author" does not exist'),
        ("42883", "function public.f(integer) does not exist"),
        ("42P07", 'relation "a" already exists'),
        ("0A000", "cannot alter type of a column used by a view or rule"),
        ("2BP01", "cannot drop table a because other objects depend on it"),
        ("42501", "must be owner of table objects"),
    ],
)
def test_what_is_wrong_anywhere_is_not(sqlstate: str, message: str) -> None:
    assert doubt_about(SqlError(sqlstate, message)) == ""
