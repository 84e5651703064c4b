"""The keyring: a secret is kept where only its user can read it, or it is not kept."""

import time
from collections.abc import Callable
from pathlib import Path

import keyring.core
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordSetError

from sbapply.auth.machine import Machine
from sbapply.auth.store import Keyring, KeyringStore
from sbapply.auth.token import Token
from sbapply.errors import KeyringMissing, KeyringRefused, KeyringShut, KeyringUnusable
from tests.auth.backends import (
    Chain,
    CredentialManager,
    Failing,
    Forgetful,
    Garbling,
    Memory,
    PlaintextKeyring,
    ReadOnly,
    WinVault,
    linux,
    use,
)

SECRET = "sbp_" + "0f" * 20
OTHER = "sbp_" + "1e" * 20
NULL = "keyring.backends.null.Keyring"

UseFor = Callable[..., KeyringStore]


@pytest.fixture
def store_on(monkeypatch: pytest.MonkeyPatch) -> UseFor:
    """Return a function that gives the store over a backend."""

    def make(backend: KeyringBackend, **environ: str) -> KeyringStore:
        use(monkeypatch, backend)
        return KeyringStore(Keyring(linux(**environ)))

    return make


@pytest.fixture
def store_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> UseFor:
    """Return a function that gives the store over whatever keyring itself chooses for an environment."""

    def make(**environ: str) -> KeyringStore:
        monkeypatch.setattr(keyring.core, "_keyring_backend", None)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        for name in ("PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return KeyringStore(Keyring(linux(**environ)))

    return make


def given(secret: str = SECRET) -> Token:
    return Token(secret, "a test")


def test_what_is_kept_is_read_back_and_removed(store_on: UseFor) -> None:
    backend = Memory()
    store = store_on(backend)
    assert store.read("default") is None
    assert store.keep("default", given()).backend == "tests.auth.backends.Memory"
    assert backend.entries == {("sbapply", "default"): SECRET}
    held = store.read("default")
    assert held is not None
    assert held.secret == SECRET
    assert SECRET not in repr(held)
    assert store.remove("default")
    assert not store.remove("default")
    assert backend.entries == {}


def test_a_look_tells_which_keyring_answers_and_whether_it_holds_something_never_what(store_on: UseFor) -> None:
    store = store_on(Memory())
    found = store.look("default")
    store.keep("default", Token(SECRET, "a test"))
    then = store.look("default")
    assert (found, then) == (("tests.auth.backends.Memory", False), ("tests.auth.backends.Memory", True))
    with pytest.raises(KeyringRefused):
        store_on(PlaintextKeyring()).look("default")


def test_accounts_do_not_disturb_each_other_in_a_credential_manager(store_on: UseFor) -> None:
    manager = CredentialManager()
    store = store_on(WinVault(manager))
    store.keep("default", given())
    store.keep("work", given(OTHER))
    held = [store.read(account) for account in ("default", "work")]
    assert [each and each.secret for each in held] == [SECRET, OTHER]
    assert store.remove("default")
    kept = store.read("work")
    assert kept is not None
    assert kept.secret == OTHER


@pytest.mark.parametrize("backend", [Forgetful(), Garbling(), ReadOnly()])
def test_a_keyring_that_does_not_give_back_what_it_took_is_no_login(
    store_on: UseFor, backend: KeyringBackend
) -> None:
    with pytest.raises(KeyringRefused) as caught:
        store_on(backend).keep("default", given())
    assert "did not give back" in caught.value.message


def test_a_plain_text_keyring_is_refused(store_on: UseFor) -> None:
    backend = PlaintextKeyring()
    for environ in ({}, {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.EncryptedKeyring"}):
        store = store_on(backend, **environ)
        with pytest.raises(KeyringRefused) as caught:
            store.keep("default", given())
        assert "keyrings.alt.file.PlaintextKeyring" in caught.value.message
        with pytest.raises(KeyringRefused):
            store.read("default")
    assert backend.entries == {}


def test_a_plain_text_keyring_named_exactly_is_used(store_on: UseFor) -> None:
    store = store_on(PlaintextKeyring(), PYTHON_KEYRING_BACKEND="keyrings.alt.file.PlaintextKeyring")
    assert store.keep("default", given()).backend == "keyrings.alt.file.PlaintextKeyring"


def test_a_chain_writes_past_its_plain_text_members(store_on: UseFor) -> None:
    plain, good = PlaintextKeyring(), Memory()
    assert store_on(Chain(plain, good)).keep("default", given()).backend == "tests.auth.backends.Memory"
    assert plain.entries == {}
    assert good.entries


def test_a_chain_whose_good_member_only_reads_does_not_fall_through_to_plain_text(store_on: UseFor) -> None:
    plain = PlaintextKeyring()
    with pytest.raises(KeyringRefused):
        store_on(Chain(ReadOnly(), plain)).keep("default", given())
    assert plain.entries == {}


def test_a_chain_of_plain_text_alone_is_refused(store_on: UseFor) -> None:
    with pytest.raises(KeyringRefused):
        store_on(Chain(PlaintextKeyring())).read("default")


def test_keyrings_own_chain_is_taken_for_one(monkeypatch: pytest.MonkeyPatch, store_on: UseFor) -> None:
    from keyring.backends.chainer import ChainerBackend

    plain = PlaintextKeyring()
    monkeypatch.setattr(ChainerBackend, "backends", [plain])
    with pytest.raises(KeyringRefused):
        store_on(ChainerBackend()).keep("default", given())  # type: ignore[no-untyped-call]
    assert plain.entries == {}


def test_the_null_keyring_of_a_configuration_file_is_refused(store_chosen: UseFor, tmp_path: Path) -> None:
    folder = tmp_path / "python_keyring"
    folder.mkdir()
    (folder / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring={NULL}\n", encoding="utf-8")
    with pytest.raises(KeyringRefused) as caught:
        store_chosen().read("default")
    assert NULL in caught.value.message


def test_the_null_keyring_asked_for_by_name_is_no_login_either(store_chosen: UseFor) -> None:
    store = store_chosen(PYTHON_KEYRING_BACKEND=NULL)
    assert store.read("default") is None
    with pytest.raises(KeyringRefused) as caught:
        store.keep("default", given())
    assert "did not give back" in caught.value.message


@pytest.mark.parametrize(
    "named", ["no.such.module.Keyring", "keyring.backends.null.Absent", "", "Keyring", "json.JSONDecoder"]
)
def test_a_keyring_named_that_cannot_be_loaded_is_told_by_its_name(store_chosen: UseFor, named: str) -> None:
    with pytest.raises(KeyringMissing) as caught:
        store_chosen(PYTHON_KEYRING_BACKEND=named).read("default")
    assert f"PYTHON_KEYRING_BACKEND names {named!r}, which cannot be loaded" in caught.value.message


def test_a_configuration_file_that_names_nothing_is_told(store_chosen: UseFor, tmp_path: Path) -> None:
    folder = tmp_path / "python_keyring"
    folder.mkdir()
    (folder / "keyringrc.cfg").write_text("[backend]\ndefault-keyring=no.such.Keyring\n", encoding="utf-8")
    with pytest.raises(KeyringMissing) as caught:
        store_chosen().read("default")
    assert "keyringrc.cfg" in caught.value.message


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (NoKeyringError("install the keyrings.alt package"), KeyringMissing, "There is no OS keyring"),
        (KeyringLocked("Failed to unlock the collection!"), KeyringShut, "Failed to unlock the collection!"),
        (InitError("Failed to create the collection: Prompt dismissed.."), KeyringShut, "Prompt dismissed"),
        (PasswordSetError("no"), KeyringUnusable, "no"),
        (OSError("a broken pipe"), KeyringUnusable, "a broken pipe"),
        (RuntimeError(), KeyringUnusable, "RuntimeError"),
        (TimeoutError("of its own"), KeyringUnusable, "of its own"),
    ],
)
def test_each_way_of_failing_has_its_word_and_the_choices(
    store_on: UseFor, error: Exception, kind: type[KeyringUnusable], told: str
) -> None:
    store = store_on(Failing(lambda _: error))
    for call in (
        lambda: store.read("default"),
        lambda: store.keep("default", given()),
        lambda: store.remove("default"),
    ):
        with pytest.raises(KeyringUnusable) as caught:
            call()
        assert type(caught.value) is kind
        assert told in caught.value.message
        assert caught.value.exit_status == 2
        assert "SUPABASE_ACCESS_TOKEN" in caught.value.next_step
        assert "keyrings.alt" not in f"{caught.value.message} {caught.value.next_step}"


def test_a_backend_that_quotes_the_secret_in_its_error_is_not_repeated(store_on: UseFor) -> None:
    store = store_on(Failing(lambda secret: ValueError(f"cannot store {secret}")))
    with pytest.raises(KeyringUnusable) as caught:
        store.keep("default", given())
    assert SECRET not in caught.value.message
    assert caught.value.__cause__ is None


def test_a_keyring_that_waits_for_a_prompt_nobody_sees_is_left(
    store_on: UseFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: str) -> Exception:
        time.sleep(3)
        return KeyringLocked()

    monkeypatch.setattr("sbapply.auth.machine._WITHOUT_A_SCREEN", 0.1)
    begun = time.monotonic()
    with pytest.raises(KeyringShut) as caught:
        store_on(Failing(wait)).read("default")
    assert time.monotonic() - begun < 2
    assert "did not answer within 0.1 s" in caught.value.message


def test_somebody_with_a_screen_is_given_time_to_answer() -> None:
    assert linux().patience == 5
    assert linux(DISPLAY=":0").patience == linux(WAYLAND_DISPLAY="wayland-0").patience == 60
    assert Machine("darwin", {}, None).patience == 60


@pytest.mark.parametrize("system", ["darwin", "win32", "linux"])
def test_the_choices_are_those_of_the_system(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    use(monkeypatch, Failing(lambda _: NoKeyringError()))
    store = KeyringStore(Keyring(Machine(system, {}, None)))
    with pytest.raises(KeyringMissing) as caught:
        store.read("default")
    word = {"darwin": "macOS", "win32": "Windows", "linux": "gnome-keyring"}[system]
    assert word in caught.value.next_step


def test_no_keyring_is_asked_where_the_environment_says_so(store_on: UseFor) -> None:
    store = store_on(Failing(lambda _: AssertionError("asked")), SUPABASE_NO_KEYRING="1")
    with pytest.raises(KeyringRefused) as caught:
        store.read("default")
    assert "SUPABASE_NO_KEYRING" in caught.value.message
