"""Login, logout and whoami as functions: what happens in which order, and what their documents say."""

import json
from dataclasses import dataclass, field

import pytest

from sbapply.errors import KeyringRefused, TokenMalformed, Unauthorised
from sbapply.render.account import login_lines, logout_lines, whoami_lines
from sbapply.verbs.account import Account
from sbapply.verbs.login import LoginReport, login
from sbapply.verbs.logout import LogoutReport, logout
from sbapply.verbs.whoami import TokenOrigin, WhoamiReport, whoami

SECRET = "sbp_" + "0f" * 20
SOMEBODY = Account("somebody@example.invalid", "somebody", "00000000-0000-4000-8000-000000000000")
BACKEND = "keyring.backends.SecretService.Keyring"


@dataclass
class Steps:
    """Note what a login does, and fail where a test wants it to."""

    fail_at: str = ""
    error: Exception = field(default_factory=Exception)
    done: list[str] = field(default_factory=list)

    def note(self, step: str) -> None:
        if step == self.fail_at:
            raise self.error
        self.done.append(step)

    def check(self) -> bool:
        self.note("check")
        return True

    def enter(self) -> str:
        self.note("enter")
        return SECRET

    def identify(self, token: str) -> Account | None:
        assert token == SECRET
        self.note("identify")
        return SOMEBODY

    def keep(self, token: str) -> str:
        assert token == SECRET
        self.note("keep")
        return BACKEND

    def run(self) -> LoginReport:
        return login(
            "default",
            check=self.check,
            enter=self.enter,
            identify=self.identify,
            keep=self.keep,
            warn=lambda _token, backend: (f"a word about {backend}",),
        )


def test_a_login_checks_asks_identifies_and_keeps_in_this_order() -> None:
    steps = Steps()
    report = steps.run()
    assert steps.done == ["check", "enter", "identify", "keep"]
    assert report == LoginReport("default", SOMEBODY, BACKEND, True, (f"a word about {BACKEND}",))
    assert report.exit_status == 0


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("check", KeyringRefused("no keyring")),
        ("enter", TokenMalformed("no token")),
        ("identify", Unauthorised("unknown")),
    ],
)
def test_nothing_is_kept_after_a_step_that_fails(step: str, error: Exception) -> None:
    steps = Steps(step, error)
    with pytest.raises(type(error)):
        steps.run()
    assert "keep" not in steps.done
    assert step not in steps.done


def test_the_document_of_a_login_holds_everything_but_the_token() -> None:
    document = Steps().run().to_json()
    assert document["outcome"] == "stored"
    assert document["account"] == {"email": SOMEBODY.email, "username": "somebody", "id": SOMEBODY.id}
    assert document["backend"] == BACKEND
    assert SECRET not in json.dumps(document)


def test_a_login_says_who_and_where() -> None:
    text = "\n".join(login_lines(Steps().run()))
    assert "somebody@example.invalid (somebody)" in text
    assert BACKEND in text
    assert "in place of the one before" in text


def test_a_token_that_may_not_ask_whose_it_is_has_no_account() -> None:
    report = LoginReport("default", None, BACKEND, False)
    assert report.to_json()["account"] is None
    assert "may not ask" in next(login_lines(report))
    assert "in place" not in "\n".join(login_lines(report))


@pytest.mark.parametrize(("removed", "outcome"), [(True, "removed"), (False, "nothing-to-do")])
def test_a_logout_says_what_it_did_and_what_remains(removed: bool, outcome: str) -> None:
    order = []

    def remove() -> bool:
        order.append("remove")
        return removed

    def find() -> tuple[str, ...]:
        order.append("find")
        return ("the official CLI's keyring entry",)

    report = logout("work", remove=remove, find_remaining=find)
    assert order == ["remove", "find"]
    assert report == LogoutReport("work", removed, ("the official CLI's keyring entry",))
    assert report.exit_status == 0
    assert report.to_json()["outcome"] == outcome
    assert report.to_json()["remaining"] == ["the official CLI's keyring entry"]
    text = "\n".join(logout_lines(report))
    assert "work" in text
    assert "official CLI" in text
    assert ("stays valid" in text) is removed


def test_whoami_tells_who_and_from_where() -> None:
    origin = TokenOrigin("keyring", "the OS keyring", BACKEND)
    report = whoami("default", origin, lambda: SOMEBODY)
    assert report == WhoamiReport("default", SOMEBODY, origin)
    assert report.exit_status == 0
    assert report.to_json()["token"] == {
        "kind": "keyring",
        "source": "the OS keyring",
        "backend": BACKEND,
        "warning": None,
    }
    text = "\n".join(whoami_lines(report))
    for word in ("somebody@example.invalid", "the OS keyring", BACKEND, "default"):
        assert word in text


def test_a_token_that_is_refused_is_named_by_its_source() -> None:
    def refuse() -> Account | None:
        raise Unauthorised("The API does not accept the token: expired", "Make a new one.")

    with pytest.raises(Unauthorised) as caught:
        whoami("default", TokenOrigin("official-cli", "the official CLI's keyring entry", BACKEND), refuse)
    assert "the official CLI's keyring entry" in caught.value.message
    assert caught.value.next_step == "Make a new one."


def test_an_accounts_control_characters_are_made_visible() -> None:
    report = whoami("default", TokenOrigin("environment", "it", None), lambda: Account("a\x1b[2J", "b\n", "c"))
    text = "\n".join(whoami_lines(report))
    assert "\x1b" not in text
    assert "b\\x0a" in text
    assert "Keyring" not in text


def test_an_account_is_named_once() -> None:
    assert (
        Account("a@b.invalid", "a@b.invalid", "x").title == Account("a@b.invalid", "", "x").title == "a@b.invalid"
    )
