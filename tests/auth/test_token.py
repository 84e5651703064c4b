"""The token: the environment's goes first, what cannot be one is refused, and none is ever shown."""

import pytest
from keyring.errors import InitError, KeyringLocked, NoKeyringError

from sbapply.auth.token import Token, find_token
from sbapply.errors import TokenMissing, UsageError
from sbapply.redaction import redact_known
from tests.auth.backends import Failing, use

SECRET = "sbp_" + "0f" * 20


def test_the_environments_token_is_taken_without_a_look_at_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(service: str, account: str) -> str:
        raise AssertionError("the keyring was asked")

    monkeypatch.setattr("keyring.get_password", fail)
    token = find_token(environ={"SUPABASE_ACCESS_TOKEN": f" {SECRET}\n"})
    assert (token.reveal(), token.source) == (SECRET, "SUPABASE_ACCESS_TOKEN")


@pytest.mark.parametrize(
    "error", [NoKeyringError(), KeyringLocked(), InitError(), RuntimeError("no bus"), ModuleNotFoundError("x")]
)
def test_without_a_token_and_a_keyring_the_ways_to_give_one_are_told(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    use(monkeypatch, Failing(lambda _: error))
    with pytest.raises(TokenMissing) as caught:
        find_token(environ={"SUPABASE_ACCESS_TOKEN": "  "})
    assert caught.value.exit_status == 2
    assert "SUPABASE_ACCESS_TOKEN" in f"{caught.value.message} {caught.value.next_step}"


@pytest.mark.parametrize(
    "secret", ["sbp_a\nb", "sbp_a b", "sbp_é", "sbp_a\x00b", "sbp_a\rb: c", "sbp_…", "sbp_a\x7f"]
)
def test_what_cannot_be_a_token_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_token(environ={"SUPABASE_ACCESS_TOKEN": secret})
    assert caught.value.exit_status == 2
    shown = f"{caught.value.message} {caught.value.next_step}"
    assert secret not in shown
    assert "sbp_a" not in shown


def test_a_token_hides_in_every_text() -> None:
    token = Token(SECRET, "a test")
    assert SECRET not in f"{token} {token!r} {(token,)} {token:}"


def test_a_token_is_known_to_the_filter_at_the_last_exit_whatever_it_looks_like() -> None:
    Token("the-word-of-a-stand-in", "a test")
    assert "the-word-of-a-stand-in" not in redact_known("sent with the-word-of-a-stand-in.")
