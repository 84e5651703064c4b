"""Versions are ordered as text; a new one is the time, or what follows the newest."""

from datetime import UTC, datetime

import pytest

from sbapply.errors import UsageError
from sbapply.migrations.versions import following, is_timestamp, next_version, safe_name

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ("", "20260301120000"),
        ("0046", "20260301120000"),
        ("20260301115959", "20260301120000"),
        ("20260301120000", "20260301120001"),
        ("20261231235959", "20270101000000"),
        ("20269999999998", "20269999999999"),
        ("3", "4"),
    ],
)
def test_a_new_version_is_the_time_or_follows_the_newest(newest: str, expected: str) -> None:
    assert next_version(newest, NOW) == expected
    assert expected > newest


@pytest.mark.parametrize("version", ["9", "0999"[1:], "99999999999999", "99991231235959x", "abc", ""])
def test_where_nothing_follows_it_says_so(version: str) -> None:
    with pytest.raises(UsageError):
        following(version)


def test_width_is_kept_where_it_is_counted() -> None:
    assert following("0099") == "0100"
    assert following("00000000000009") == "00000000000010"
    assert not is_timestamp("00000000000009")
    assert is_timestamp("20260301120000")


@pytest.mark.parametrize(("given", "safe"), [("a b", "a_b"), ("a.sql", "a"), ("a/../b", "a_.._b"), ("é-1", "é-1")])
def test_a_name_is_made_safe(given: str, safe: str) -> None:
    assert safe_name(given) == safe
