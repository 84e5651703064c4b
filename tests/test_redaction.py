"""Hold the last filter."""

from typing import TYPE_CHECKING

import pytest

from sbapply import redaction
from sbapply.redaction import redact, redact_known, redact_values

if TYPE_CHECKING:
    from sbapply.database import Json

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJlLW9mLXRoaXM"


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", set())


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("token sbp_0123456789abcdef0123456789abcdef01234567!", "token sbp_[hidden]!"),
        ("sbp_oauth_0123456789abcdef", "sbp_[hidden]"),
        ("sbp_v0_0123456789abcdef", "sbp_[hidden]"),
        ("sb_secret_0123456789-abc_DEF", "sb_secret_[hidden]"),
        (f"key={JWT};", "key=[hidden];"),
        (
            "postgresql://postgres:pa:ss@word@db.host:5432/postgres",
            "postgresql://postgres:[hidden]@db.host:5432/postgres",
        ),
        ("postgres://u:p@h/d and more", "postgres://u:[hidden]@h/d and more"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    assert redact(text) == hidden


def test_text_without_a_secret_stays_as_it_is() -> None:
    text = 'sbapply: 0001_a.sql:1:2: relation "sbp_" does not exist; see postgresql://host/db and eyJ'
    assert redact(text) == text


def test_a_secret_of_any_shape_is_hidden_once_it_is_known() -> None:
    redaction.hide("correct horse battery")
    assert redact("the correct horse battery staple") == "the [hidden] staple"
    assert redact_known("the correct horse battery staple") == "the [hidden] staple"


def test_a_word_too_short_to_be_a_secret_is_not_hidden_everywhere() -> None:
    redaction.hide("id")
    assert redact("invalid") == "invalid"


def test_rows_keep_what_only_looks_like_a_secret() -> None:
    assert redact_known(JWT) == JWT


def test_values_are_hidden_one_by_one_so_that_a_document_stays_whole() -> None:
    document: Json = {"said": 'no header "Authorization: Bearer abcdef" here', "of": [{JWT: JWT}, 1, None]}
    assert redact_values(document) == {
        "said": 'no header "Authorization: Bearer [hidden]" here',
        "of": [{"[hidden]": "[hidden]"}, 1, None],
    }
