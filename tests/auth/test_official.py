"""The official CLI's token: found in each of the ways in which the three systems hold it."""

import os
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sbapply.auth.machine import Machine, ask_security, this_machine
from sbapply.auth.official import decode, find_entry, token_file
from sbapply.auth.store import Keyring
from sbapply.auth.token import find_remaining, find_token
from sbapply.errors import KeyringMissing, KeyringShut, KeyringUnusable, TokenMalformed, TokenMissing, UsageError
from tests.auth.backends import CredentialManager, Failing, Memory, SecretService, WinVault, linux, use

HEX = "0123456789abcdef0123456789abcdef01234567"
KINDS = [f"sbp_{HEX}", f"sbp_oauth_{HEX}", f"sbp_v0_{HEX}"]
SECRET = KINDS[0]
SERVICE = "Supabase CLI"
LOGIN = "/org/freedesktop/secrets/collection/login"


def windows(monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, CredentialManager]:
    manager = CredentialManager()
    use(monkeypatch, WinVault(manager))
    return Machine("win32", {}, None), manager


def mac(monkeypatch: pytest.MonkeyPatch, items: Mapping[tuple[str, str], str]) -> Machine:
    """Return a Mac whose tool prints what is in its keychain, and a newline."""

    def security(service: str, account: str, _patience: float) -> str | None:
        held = items.get((service, account))
        return f"{held}\n" if held is not None else None

    use(monkeypatch, Memory())
    return Machine("darwin", {}, None, security=security)


@pytest.mark.parametrize("secret", KINDS)
@pytest.mark.parametrize("account", ["supabase", "access-token"])
def test_what_go_keyring_wrote_on_windows_is_found(
    monkeypatch: pytest.MonkeyPatch, secret: str, account: str
) -> None:
    machine, manager = windows(monkeypatch)
    manager.go_keyring(SERVICE, account, secret)
    assert manager.credentials == {f"Supabase CLI:{account}": (account, secret.encode())}
    token = find_token(machine=machine, environ={})
    assert (token.reveal(), token.kind) == (secret, "official-cli")
    assert token.backend == "tests.auth.backends.WinVault"


@pytest.mark.parametrize(("secret", "characters"), [(KINDS[0], 22), (KINDS[1], 25)])
def test_python_reads_that_entry_as_wrong_characters_without_an_error(secret: str, characters: int) -> None:
    manager = CredentialManager()
    manager.go_keyring(SERVICE, "supabase", secret)
    wrong = WinVault(manager).get_password("Supabase CLI:supabase", "supabase")
    assert wrong is not None
    assert len(wrong) == characters
    assert not any(character.isascii() for character in wrong)
    assert decode(wrong) == secret


@pytest.mark.parametrize("secret", KINDS)
def test_what_keyring_rs_wrote_on_windows_is_found(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    machine, manager = windows(monkeypatch)
    manager.keyring_rs(SERVICE, "supabase", secret)
    assert list(manager.credentials) == ["supabase.Supabase CLI"]
    assert find_token(machine=machine, environ={}).reveal() == secret


def test_a_profile_is_the_account_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, manager = windows(monkeypatch)
    manager.go_keyring(SERVICE, "supabase", KINDS[1])
    manager.go_keyring(SERVICE, "supabase-staging", SECRET)
    assert find_token(profile="supabase-staging", machine=machine, environ={}).reveal() == SECRET


@pytest.mark.parametrize("secret", KINDS)
@pytest.mark.parametrize("way", ["base64", "hex", "plain"])
@pytest.mark.parametrize("account", ["supabase", "access-token"])
def test_each_encoding_of_the_keychain_is_undone(
    monkeypatch: pytest.MonkeyPatch, secret: str, way: str, account: str
) -> None:
    held = {
        "base64": "go-keyring-base64:" + b64encode(secret.encode()).decode(),
        "hex": "go-keyring-encoded:" + secret.encode().hex(),
        "plain": secret,
    }[way]
    token = find_token(machine=mac(monkeypatch, {(SERVICE, account): held}), environ={})
    assert (token.reveal(), token.backend) == (secret, "/usr/bin/security")


def test_the_keychain_is_asked_also_where_pythons_keyring_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = mac(monkeypatch, {(SERVICE, "supabase"): SECRET})
    use(monkeypatch, Failing(lambda _: RuntimeError("unsigned python")))
    assert find_token(machine=machine, environ={}).reveal() == SECRET


@pytest.mark.parametrize("collection", ["default", LOGIN])
def test_both_the_default_and_the_login_collection_are_looked_into(
    monkeypatch: pytest.MonkeyPatch, collection: str
) -> None:
    collections: dict[str, dict[tuple[str, str], str]] = {"default": {}, LOGIN: {}}
    collections[collection][SERVICE, "supabase"] = SECRET
    use(monkeypatch, SecretService(collections))
    assert find_token(machine=linux(), environ={}).reveal() == SECRET


def test_a_machine_without_a_login_collection_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, SecretService({"default": {}}))
    with pytest.raises(TokenMissing):
        find_token(machine=linux(), environ={})


def test_sbapplys_own_entry_goes_before_the_official_one(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Memory({("sbapply", "default"): f"{KINDS[1]}\n", (SERVICE, "supabase"): SECRET}))
    token = find_token(machine=linux(), environ={})
    assert (token.reveal(), token.kind) == (KINDS[1], "keyring")
    assert find_token(machine=linux(), environ={"SUPABASE_ACCESS_TOKEN": KINDS[2]}).reveal() == KINDS[2]


def test_the_newer_account_goes_before_the_older(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Memory({(SERVICE, "access-token"): KINDS[1], (SERVICE, "supabase"): SECRET}))
    assert find_token(machine=linux(), environ={}).reveal() == SECRET


def test_whoever_names_a_profile_does_not_work_as_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {(SERVICE, "access-token"): KINDS[1], (SERVICE, "supabase"): SECRET, ("sbapply", "default"): SECRET}
    use(monkeypatch, Memory(others))
    with pytest.raises(TokenMissing) as caught:
        find_token(profile="work", machine=linux(), environ={})
    assert "sbapply login --profile work" in caught.value.next_step


@pytest.mark.parametrize("held", ["a-database-password", "go-keyring-base64:%%%", "go-keyring-encoded:xyz", "密碼"])
def test_what_is_no_token_in_the_official_entry_does_not_travel(monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    use(monkeypatch, Memory({(SERVICE, "supabase"): held}))
    with pytest.raises(TokenMalformed) as caught:
        find_token(machine=linux(), environ={})
    assert held not in f"{caught.value.message} {caught.value.next_step}"


@pytest.mark.parametrize("kernel", ["5.15.90.1-microsoft-standard-WSL2", "4.4.0-19041-Microsoft"])
def test_inside_windows_the_keyring_is_passed_over_as_the_official_cli_does(
    monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    use(monkeypatch, Memory({(SERVICE, "supabase"): SECRET}))
    machine = replace(linux(), kernel=kernel)
    assert find_entry("default", machine, Keyring(machine)) is None


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_no_keyring_means_the_official_entry_too(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    use(monkeypatch, Memory({("sbapply", "default"): SECRET, (SERVICE, "supabase"): SECRET}))
    machine = linux(SUPABASE_NO_KEYRING=value)
    assert find_entry("default", machine, Keyring(machine)) is None
    with pytest.raises(TokenMissing) as caught:
        find_token(machine=machine, environ=machine.environ)
    assert "SUPABASE_NO_KEYRING is set" in caught.value.message


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home in which the official CLI left its file, as it writes it: without a newline."""
    (tmp_path / ".supabase").mkdir()
    file = tmp_path / ".supabase" / "access-token"
    file.write_bytes(SECRET.encode())
    file.chmod(0o600)
    return tmp_path


def at_home(home: Path | None, **environ: str) -> Machine:
    return Machine("linux", environ, home)


def test_the_plain_file_is_not_used_unasked_but_named(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    use(monkeypatch, Memory())
    for value in ({}, {"SBAPPLY_USE_SUPABASE_TOKEN_FILE": "0"}):
        with pytest.raises(TokenMissing) as caught:
            find_token(machine=at_home(home, **value), environ={})
        assert "SBAPPLY_USE_SUPABASE_TOKEN_FILE=1" in caught.value.next_step
        assert str(home / ".supabase" / "access-token") in caught.value.next_step


def test_the_plain_file_is_used_when_asked_for_with_a_warning(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    use(monkeypatch, Failing(lambda _: RuntimeError("no bus")))
    machine = at_home(home, SBAPPLY_USE_SUPABASE_TOKEN_FILE="1")
    token = find_token(machine=machine, environ={})
    assert (token.reveal(), token.kind, token.backend) == (SECRET, "official-file", None)
    assert token.warning is not None
    assert "plain file" in token.warning
    assert "chmod" not in token.warning
    (home / ".supabase" / "access-token").chmod(0o644)
    assert "chmod 600" in str(find_token(machine=machine, environ={}).warning)


def test_the_plain_file_comes_last(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    use(monkeypatch, Memory({(SERVICE, "supabase"): KINDS[1]}))
    machine = at_home(home, SBAPPLY_USE_SUPABASE_TOKEN_FILE="1")
    assert find_token(machine=machine, environ={}).reveal() == KINDS[1]


def test_the_plain_file_moves_with_its_home_and_may_end_in_a_newline(tmp_path: Path) -> None:
    (tmp_path / "access-token").write_bytes(b"\xef\xbb\xbf" + SECRET.encode() + b"\r\n")
    file = token_file(at_home(None, SUPABASE_HOME=str(tmp_path)))
    assert file is not None
    assert file.read() == SECRET
    assert token_file(at_home(None)) is None


def test_a_plain_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "access-token").mkdir()
    file = token_file(at_home(None, SUPABASE_HOME=str(tmp_path)))
    assert file is not None
    assert not file.is_there()
    with pytest.raises(UsageError) as caught:
        file.read()
    assert "cannot be read" in caught.value.message


def test_after_a_logout_the_places_that_remain_are_named(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    use(monkeypatch, Memory({(SERVICE, "supabase"): SECRET}))
    machine = at_home(home, SBAPPLY_USE_SUPABASE_TOKEN_FILE="1", SUPABASE_ACCESS_TOKEN="sbp_x")
    assert find_remaining("default", machine) == (
        "the environment variable SUPABASE_ACCESS_TOKEN",
        "the official CLI's keyring entry",
        f"the file {home}/.supabase/access-token",
    )
    use(monkeypatch, Failing(lambda _: RuntimeError("no bus")))
    assert find_remaining("default", at_home(None)) == ()


def tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Put a program in the place of macOS's tool."""
    path = tmp_path / "security"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setattr("sbapply.auth.machine._SECURITY", str(path))


def test_macos_tool_is_asked_for_the_service_and_the_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool(monkeypatch, tmp_path, 'echo "$*"')
    assert ask_security(SERVICE, "supabase", 5) == "find-generic-password -s Supabase CLI -a supabase -w\n"


def test_macos_tool_finds_nothing_with_44(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool(monkeypatch, tmp_path, "echo 'could not be found' >&2; exit 44")
    assert ask_security(SERVICE, "supabase", 5) is None


@pytest.mark.parametrize(
    ("script", "told"),
    [("echo 'User interaction is not allowed.' >&2; exit 36", "interaction"), ("exit 51", "51")],
)
def test_a_keychain_that_is_locked_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, told: str
) -> None:
    tool(monkeypatch, tmp_path, script)
    with pytest.raises(KeyringShut) as caught:
        ask_security(SERVICE, "supabase", 5)
    assert told in caught.value.message


def test_a_keychain_whose_dialog_nobody_answers_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool(monkeypatch, tmp_path, "exec sleep 20")
    with pytest.raises(KeyringShut) as caught:
        ask_security(SERVICE, "supabase", 0.2)
    assert "did not answer" in caught.value.message


def test_a_mac_without_its_tool_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sbapply.auth.machine._SECURITY", str(tmp_path / "absent"))
    with pytest.raises(KeyringMissing):
        ask_security(SERVICE, "supabase", 5)


def test_macos_tool_gets_no_token_in_its_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUPABASE_ACCESS_TOKEN", SECRET)
    tool(monkeypatch, tmp_path, "env")
    assert SECRET not in str(ask_security(SERVICE, "supabase", 5))


def test_this_machine_is_the_one_it_runs_on() -> None:
    machine = this_machine({})
    kernel = subprocess.run(["uname", "-r"], capture_output=True, text=True, check=True).stdout.strip()
    assert machine.kernel.strip() == kernel
    assert machine.home == Path(os.environ["HOME"])


def test_a_homeless_process_still_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Memory())
    with pytest.raises(TokenMissing):
        find_token(machine=at_home(None, SBAPPLY_USE_SUPABASE_TOKEN_FILE="1"), environ={})


def test_an_unusable_keyring_is_why_no_token_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def count(_: str) -> Exception:
        calls.append(1)
        return KeyringUnusable("it is shut", "open it")

    use(monkeypatch, Failing(count))
    with pytest.raises(TokenMissing) as caught:
        find_token(machine=linux(), environ={})
    assert "it is shut" in caught.value.message
    assert caught.value.next_step == "open it"
    assert len(calls) == 1
