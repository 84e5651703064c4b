"""Taking a token in: each way has its own type, and none shows what is given."""

import io
import sys

import pytest

from sbapply.auth.entry import Piped, Typed, Unasked, entry_for
from sbapply.errors import TokenMalformed, TokenMissing, UsageError

SECRET = "sbp_" + "0f" * 20


def pipe(monkeypatch: pytest.MonkeyPatch, raw: bytes, *, terminal: bool = False) -> Piped:
    stream = io.TextIOWrapper(io.BytesIO(raw))
    monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(sys, "stdin", stream)
    return Piped()


def test_the_type_says_whether_somebody_can_be_asked() -> None:
    assert isinstance(entry_for(stdin=False, interactive=True), Typed)
    assert isinstance(entry_for(stdin=False, interactive=False), Unasked)
    assert isinstance(entry_for(stdin=True, interactive=True), Piped)


@pytest.mark.parametrize(
    "raw",
    [
        SECRET.encode(),
        f"{SECRET}\r\n".encode(),
        f"\ufeff{SECRET}\n".encode(),
        f"{SECRET}\r\n".encode("utf-16"),
        b"\xfe\xff" + SECRET.encode("utf-16-be"),
    ],
)
def test_a_token_comes_through_a_pipe_in_each_encoding_of_a_shell(
    monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    entry = pipe(monkeypatch, raw)
    entry.check()
    token = entry.read()
    assert (token.reveal(), token.kind) == (SECRET, "given")


def test_a_pipe_can_be_read_without_a_check_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pipe(monkeypatch, SECRET.encode()).read().reveal() == SECRET


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"eyJx.y.z", "a JWT"),
        (b"\xff\xfe\x00", "no access token"),
        (b"sbp_" + b"0" * 70_000, "far too long"),
        (b"sbp_\xff\xff", "non-ASCII"),
        (b"sbp_one\nsbp_two\n", "a control"),
    ],
)
def test_a_pipe_that_carries_no_token_is_told_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, raw: bytes, told: str
) -> None:
    with pytest.raises(TokenMalformed) as caught:
        pipe(monkeypatch, raw).check()
    assert told in caught.value.message


def test_stdin_that_is_a_terminal_is_not_read_because_it_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as caught:
        pipe(monkeypatch, SECRET.encode(), terminal=True).check()
    assert "would be shown" in caught.value.message


def test_a_process_without_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(TokenMissing):
        Piped().check()


def test_nobody_is_asked_where_there_is_no_terminal() -> None:
    for call in (Unasked().check, Unasked().read):
        with pytest.raises(TokenMissing) as caught:
            call()
        assert "--stdin" in caught.value.next_step


def test_what_is_typed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: f" {SECRET} ")
    entry = Typed()
    entry.check()
    assert entry.read().reveal() == SECRET


def test_an_end_of_input_at_the_prompt_is_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", end)
    with pytest.raises(TokenMissing) as caught:
        Typed().read()
    assert "No token was given" in caught.value.message


def test_a_terminal_whose_echo_cannot_be_switched_off_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass

    # What getpass.getpass does where there is neither /dev/tty nor a terminal on standard input.
    monkeypatch.setattr(getpass, "getpass", getpass.fallback_getpass)  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stdin", io.StringIO(SECRET))
    with pytest.raises(TokenMissing) as caught:
        Typed().read()
    assert "would show" in caught.value.message
    assert sys.stdin.read() == SECRET
