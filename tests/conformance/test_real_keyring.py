"""Log in to a real keyring: gnome-keyring on a D-Bus session of the test's own, and the official CLI beside it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.server import SandboxServer, serving
from sbapply.sandbox.settings import Sandbox

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]

BACKEND = "keyring.backends.SecretService.Keyring"
SESSION = "/org/freedesktop/secrets/collection/session"
LOGIN = "/org/freedesktop/secrets/collection/login"

LOCK = "import secretstorage as s; s.get_default_collection(s.dbus_init()).lock()"
# What go-keyring does where the login collection is not the default one: it takes the login collection.
STORE_IN_LOGIN = f"""
import sys, secretstorage as s
from secretstorage.util import DBusAddressWrapper
bus = s.dbus_init()
attributes = {{"service": "Supabase CLI", "username": "supabase"}}
s.Collection(bus, {LOGIN!r}).create_item("Supabase CLI", attributes, sys.stdin.read())
service = DBusAddressWrapper("/org/freedesktop/secrets", "org.freedesktop.Secret.Service", bus)
service.call("SetAlias", "so", "default", {SESSION!r})
"""
LIST = """
import json, secretstorage as s
bus = s.dbus_init()
print(json.dumps([item.get_attributes() for each in s.get_all_collections(bus) for item in each.get_all_items()]))
"""


@dataclass
class Desk:
    """Run programs in one home and one session, and note what each says."""

    home: Path
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(
        self, command: list[str], given: str | None = None, **environ: str
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            command,
            env={**self.environment, **environ},
            cwd=self.home,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.said += [done.stdout, done.stderr]
        return done

    def sbapply(self, *arguments: str, given: str | None = None, status: int = 0, **environ: str) -> dict[str, Any]:
        done = self.run([sys.executable, "-m", "sbapply", *arguments, "--output", "json"], given, **environ)
        assert done.returncode == status, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def python(self, program: str, given: str | None = None) -> str:
        done = self.run([sys.executable, "-c", program], given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def entries(self) -> list[dict[str, str]]:
        """Return the attributes of everything in the keyring."""
        found: list[dict[str, str]] = json.loads(self.python(LIST))
        return found

    def files_with(self, secret: str) -> list[Path]:
        return [path for path in self.home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.fixture
def secret() -> str:
    return f"sbp_{secrets.token_hex(20)}"


@pytest.fixture
def api(secret: str) -> Iterator[SandboxServer]:
    def no_database(_role: str) -> str:
        raise AssertionError("the database was asked")

    with serving(SandboxHandler(Sandbox(token=secret, requests_per_minute=None), no_database)) as server:
        yield server


@contextmanager
def started(command: list[str], environment: dict[str, str], given: str = "") -> Iterator["subprocess.Popen[str]"]:
    """Start a program and give it its input; it is ended with the block."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin:
            process.stdin.write(given)
        yield process
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def session(api: SandboxServer, *, unlocked: bool) -> Iterator[Desk]:
    """Open a D-Bus session in a new home; where it is not unlocked, nobody has ever set a keyring up in it."""
    for program in ("dbus-daemon", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is not installed; on Debian: apt-get install dbus gnome-keyring")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sbapply-keyring-", dir="/tmp")))
        (home / "runtime").mkdir(mode=0o700)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home / "runtime"),
            "SBAPPLY_API_URL": api.url,
            "SUPABASE_TELEMETRY_DISABLED": "1",
            "DO_NOT_TRACK": "1",
        }
        bus = stack.enter_context(started(["dbus-daemon", "--session", "--nofork", "--print-address"], environment))
        assert bus.stdout is not None
        environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        desk = Desk(home, environment)
        if unlocked:
            daemon = ["gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets"]
            stack.enter_context(started(daemon, environment, "the keyring's own password\n"))
            wait_for(lambda: LOGIN in desk.python(COLLECTIONS))
        yield desk


COLLECTIONS = """
import secretstorage as s
bus = s.dbus_init()
paths = [each.collection_path for each in s.get_all_collections(bus)] if s.check_service_availability(bus) else []
print(*paths)
"""


def wait_for(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


@pytest.fixture
def desk(api: SandboxServer) -> Iterator[Desk]:
    with session(api, unlocked=True) as opened:
        yield opened


@pytest.fixture
def official() -> str:
    program = Path(os.environ.get("SBAPPLY_NODE_MODULES", ""), ".bin", "supabase")
    if not os.environ.get("SBAPPLY_NODE_MODULES") or not program.exists():
        pytest.fail("Set SBAPPLY_NODE_MODULES to a node_modules folder that holds supabase, the official CLI.")
    return str(program)


@contextmanager
def watched(secret: str) -> Iterator[list[str]]:
    """Look at every process' arguments and environment while the block runs; yield those that show the secret."""
    shown: list[str] = []
    looks = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal looks
        while not over.is_set():
            for name in ("cmdline", "environ"):
                for path in Path("/proc").glob(f"[0-9]*/{name}"):
                    with suppress(OSError):
                        if secret.encode() in path.read_bytes():
                            shown.append(str(path))
            looks += 1

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield shown
    finally:
        over.set()
        watcher.join()
    assert looks > 3


def test_the_watch_sees_a_token_among_the_arguments_and_in_the_environment(secret: str) -> None:
    for command, environ in ((["sh", "-c", f"sleep 0.5 # {secret}"], {}), (["sleep", "0.5"], {"WORD": secret})):
        with watched(secret) as shown:
            subprocess.run(command, env={"PATH": os.environ["PATH"], **environ}, check=True)
        assert shown


def test_login_stores_whoami_finds_logout_removes_and_nothing_shows_the_token(desk: Desk, secret: str) -> None:
    with watched(secret) as shown:
        stored = desk.sbapply("login", "--stdin", given=f"{secret}\n")
        assert (stored["outcome"], stored["backend"], stored["replaced"]) == ("stored", BACKEND, False)
        (entry,) = desk.entries()
        assert (entry["service"], entry["username"]) == ("sbapply", "default")

        found = desk.sbapply("whoami")
        assert found["account"]["email"] == "sandbox@example.invalid"
        assert (found["token"]["kind"], found["token"]["backend"]) == ("keyring", BACKEND)

        assert desk.sbapply("login", "--stdin", given=secret)["replaced"] is True
        assert len(desk.entries()) == 1
        assert desk.sbapply("login", "--stdin", "--profile", "work", given=secret)["replaced"] is False

        assert desk.sbapply("logout")["outcome"] == "removed"
        assert [entry["username"] for entry in desk.entries()] == ["work"]
        assert desk.sbapply("whoami", status=2)["error"]["code"] == "token-missing"
        assert desk.sbapply("whoami", "--profile", "work")["profile"] == "work"
    assert shown == []
    assert not [text for text in desk.said if secret in text]
    assert desk.files_with(secret) == []
    assert (desk.home / ".local/share/keyrings/login.keyring").is_file()


def test_a_locked_keyring_has_its_word_at_once(desk: Desk, secret: str) -> None:
    desk.sbapply("login", "--stdin", given=secret)
    desk.python(LOCK)
    begun = time.monotonic()
    refused = desk.sbapply("login", "--stdin", given=secret, status=2)["error"]
    assert refused["code"] == "keyring-locked"
    assert "gnome-keyring-daemon --unlock" in refused["next"]
    missing = desk.sbapply("whoami", status=2)["error"]
    assert missing["code"] == "token-missing"
    assert "locked" in missing["message"]
    assert desk.sbapply("logout", status=2)["error"]["code"] == "keyring-locked"
    assert time.monotonic() - begun < 30


def test_a_keyring_that_nobody_set_up_has_its_word(api: SandboxServer, secret: str) -> None:
    with session(api, unlocked=False) as desk:
        assert desk.sbapply("login", "--stdin", given=secret, status=2)["error"]["code"] == "keyring-locked"
        assert desk.files_with(secret) == []


def test_a_missing_keyring_has_its_word(api: SandboxServer, secret: str) -> None:
    with session(api, unlocked=False) as desk:
        del desk.environment["DBUS_SESSION_BUS_ADDRESS"]
        refused = desk.sbapply("login", "--stdin", given=secret, status=2)["error"]
        assert refused["code"] == "keyring-missing"
        assert "gnome-keyring" in refused["next"]
        assert "SUPABASE_ACCESS_TOKEN" in refused["next"]
        assert desk.sbapply("whoami", status=2)["error"]["code"] == "token-missing"
        assert desk.sbapply("whoami", SUPABASE_ACCESS_TOKEN=secret)["token"]["kind"] == "environment"
        assert desk.files_with(secret) == []


def test_what_the_official_cli_stored_is_found_until_there_is_our_own(
    desk: Desk, official: str, secret: str
) -> None:
    done = desk.run([official, "login", "--token", secret])
    assert done.returncode == 0, done.stderr
    (entry,) = desk.entries()
    assert (entry["service"], entry["username"]) == ("Supabase CLI", "supabase")
    found = desk.sbapply("whoami")
    assert (found["token"]["kind"], found["token"]["backend"]) == ("official-cli", BACKEND)
    assert found["account"]["email"] == "sandbox@example.invalid"

    desk.sbapply("login", "--stdin", given=secret)
    assert desk.sbapply("whoami")["token"]["kind"] == "keyring"
    assert desk.sbapply("logout")["remaining"] == ["the official CLI's keyring entry"]
    assert desk.sbapply("whoami")["token"]["kind"] == "official-cli"
    assert desk.sbapply("whoami", SUPABASE_NO_KEYRING="1", status=2)["error"]["code"] == "token-missing"


def test_the_official_clis_profile_is_ours(desk: Desk, official: str, secret: str) -> None:
    done = desk.run([official, "--profile", "supabase-local", "login", "--token", secret])
    assert done.returncode == 0, done.stderr
    assert [entry["username"] for entry in desk.entries()] == ["supabase-local"]
    assert desk.sbapply("whoami", status=2)["error"]["code"] == "token-missing"
    assert desk.sbapply("whoami", "--profile", "supabase-local")["token"]["kind"] == "official-cli"


def test_what_the_official_cli_left_in_a_file_without_a_keyring_is_used_when_asked_for(
    desk: Desk, official: str, secret: str
) -> None:
    done = desk.run([official, "login", "--token", secret], SUPABASE_NO_KEYRING="1")
    assert done.returncode == 0, done.stderr
    assert desk.entries() == []
    assert desk.files_with(secret) == [desk.home / ".supabase" / "access-token"]
    assert "SBAPPLY_USE_SUPABASE_TOKEN_FILE=1" in desk.sbapply("whoami", status=2)["error"]["next"]
    found = desk.sbapply("whoami", SBAPPLY_USE_SUPABASE_TOKEN_FILE="1")
    assert found["token"]["kind"] == "official-file"
    assert "plain file" in found["token"]["warning"]


def test_an_entry_in_the_login_collection_is_found_where_that_is_not_the_default(desk: Desk, secret: str) -> None:
    desk.python(STORE_IN_LOGIN, given=secret)
    look = 'import keyring; print(keyring.get_password("Supabase CLI", "supabase"))'
    assert desk.python(look).strip() == "None"
    assert desk.sbapply("whoami")["token"]["kind"] == "official-cli"
