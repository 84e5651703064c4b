"""Words: what people give instead of a token is told apart, and never repeated."""

import json
from base64 import urlsafe_b64encode

import pytest

from sbapply.auth.words import check_new_word, check_word, is_unusual
from sbapply.errors import TokenMalformed

HEX = "0f" * 20


def jwt(payload: object) -> str:
    parts = [urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in ({"alg": "x"}, payload)]
    return f"{parts[0]}.{parts[1]}.signature-of-it"


@pytest.mark.parametrize("kind", ["sbp_", "sbp_oauth_", "sbp_v0_"])
def test_each_kind_of_token_is_taken_with_blanks_around_it(kind: str) -> None:
    assert check_new_word(f"\n {kind}{HEX}\r\n", "it") == f"{kind}{HEX}"
    assert not is_unusual(f"{kind}{HEX}")


@pytest.mark.parametrize("word", ["sbp_new_" + HEX, "sbp_" + HEX[:-1], "sbp_" + HEX.upper(), "sbp_v1_abc"])
def test_a_token_of_another_shape_is_taken_and_called_unusual(word: str) -> None:
    assert check_new_word(word, "it") == word
    assert is_unusual(word)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (jwt({"role": "anon"}), "anon key"),
        (jwt({"role": "service_role", "ref": "x"}), "service_role key"),
        (jwt({"role": "authenticated"}), "session of a signed-in user"),
        (jwt({"role": 3}), "a JWT"),
        (jwt([]), "a JWT"),
        ("eyJ", "a JWT"),
        ("eyJhbGciOi.%%%.x", "a JWT"),
        ("eyJhbGciOi.é.x", "a JWT"),
        ("sb_secret_" + HEX, "secret API key"),
        ("sb_publishable_" + HEX, "publishable API key"),
        ("postgresql://postgres:secret-word@db.x.supabase.co:5432/postgres", "database's address"),
        ("POSTGRES://postgres:secret-word@host/db", "database's address"),
        ("jdbc:postgresql://host/db?password=secret-word", "database's address"),
        ("https://abcdefghijklmnopqrst.supabase.co", "web address"),
        ("Bearer sbp_" + HEX, "Authorization header"),
        ("SUPABASE_ACCESS_TOKEN=sbp_" + HEX, "settings file"),
        ('"sbp_' + HEX + '"', "in quotes"),
        ("sbp_" + HEX + " sbp_" + HEX, "a blank"),
        ("sbp_" + HEX + "\nsbp_" + HEX, "a control"),
        ("sbp_…", "non-ASCII"),
    ],
)
def test_what_is_given_instead_is_named_with_a_next_step_and_not_repeated(word: str, told: str) -> None:
    for check in (check_word, check_new_word):
        with pytest.raises(TokenMalformed) as caught:
            check(word, "the answer")
        shown = f"{caught.value.message} {caught.value.next_step}"
        assert told in caught.value.message
        assert caught.value.message.startswith("What the answer holds is")
        assert caught.value.next_step
        assert caught.value.exit_status == 2
        assert HEX not in shown
        assert "secret-word" not in shown
        assert word not in shown


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("", "is empty"),
        (" \t\n", "is empty"),
        ("\ufeff\n", "is empty"),
        ("hunter2hunter2", "does not begin with sbp_"),
        ("sbp_", "ends after sbp_"),
        ("abcdefghijklmnopqrst", "does not begin with sbp_"),
    ],
)
def test_what_is_to_be_stored_must_begin_as_tokens_do(word: str, told: str) -> None:
    with pytest.raises(TokenMalformed) as caught:
        check_new_word(word, "standard input")
    assert told in caught.value.message
    assert "hunter2" not in caught.value.message


def test_a_word_of_another_kind_in_the_environment_is_left_to_the_api() -> None:
    assert check_word("a-token-of-a-stand-in", "SUPABASE_ACCESS_TOKEN") == "a-token-of-a-stand-in"
