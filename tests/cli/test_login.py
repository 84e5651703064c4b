"""Login, logout and whoami as processes, against a stand-in of the API and with a keyring of the test's own."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sbapply.sandbox.handler import SandboxHandler, SandboxRequest, SandboxResponse
from sbapply.sandbox.server import SandboxServer, serving
from sbapply.sandbox.settings import Sandbox
from tests.prompts import interrupt_at_the_prompt

SECRET = "sbp_" + "0f" * 20
OTHER = "sbp_" + "1e" * 20
EMAIL = "sandbox@example.invalid"

# Its file does not hold what it is given as it is, so that a search for the token finds leaks alone.
KEYRING = """
import json, os, pathlib
from keyring.backend import KeyringBackend
class Kept(KeyringBackend):
    priority = 5
    file = pathlib.Path(__file__).with_name("kept.json")
    def _all(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}
    def get_password(self, service, username):
        held = self._all().get(f"{service}/{username}")
        return held and held[::-1]
    def set_password(self, service, username, password):
        self.file.write_text(json.dumps({**self._all(), f"{service}/{username}": password[::-1]}))
    def delete_password(self, service, username):
        self.file.write_text(json.dumps({k: v for k, v in self._all().items() if k != f"{service}/{username}"}))
"""

Answer = Callable[[SandboxRequest], SandboxResponse]


@dataclass
class Desk:
    """Run sbapply in an empty home."""

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str, given: str | None = None, **environ: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "sbapply", *arguments],
            env={**self.environment, **environ},
            cwd=self.folder / "home",
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.search(done.stdout, done.stderr)
        return done

    def document(
        self, *arguments: str, status: int = 0, given: str | None = None, **environ: str
    ) -> dict[str, Any]:
        done = self.run(*arguments, "--output", "json", given=given, **environ)
        assert done.returncode == status, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def search(self, *texts: str) -> None:
        """Search what was printed, and every file under the home, for the tokens."""
        for secret in (SECRET, OTHER):
            assert not [text for text in texts if secret in text]
            assert not [
                path
                for path in (self.folder / "home").rglob("*")
                if path.is_file() and secret.encode() in path.read_bytes()
            ]


@pytest.fixture(scope="module")
def api() -> Iterator[SandboxServer]:
    """Serve an API whose only token is SECRET; nobody asks it for a database."""

    def no_database(_role: str) -> str:
        raise AssertionError("the database was asked")

    with serving(SandboxHandler(Sandbox(token=SECRET, requests_per_minute=None), no_database)) as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, api: SandboxServer) -> Desk:
    (tmp_path / "home").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "desk_keyring.py").write_text(KEYRING, encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(tmp_path / "lib"),
        "PYTHON_KEYRING_BACKEND": "desk_keyring.Kept",
        "PYTHONWARNINGS": "error",
        "SBAPPLY_API_URL": api.url,
    }
    return Desk(tmp_path, environment)


def answering(status: int, body: bytes) -> Answer:
    return lambda _request: SandboxResponse(status, (("content-type", "application/json"),), body)


def test_a_login_is_found_by_whoami_and_ended_by_logout(desk: Desk) -> None:
    stored = desk.document("login", "--stdin", given=f"{SECRET}\n")
    assert (stored["command"], stored["outcome"], stored["replaced"]) == ("login", "stored", False)
    assert stored["backend"] == "desk_keyring.Kept"
    assert stored["account"]["email"] == EMAIL
    assert stored["warnings"] == []

    found = desk.document("whoami")
    assert found["account"]["email"] == EMAIL
    assert found["token"] == {
        "kind": "keyring",
        "source": "the OS keyring",
        "backend": "desk_keyring.Kept",
        "warning": None,
    }

    assert desk.document("logout") == {
        "command": "logout",
        "outcome": "removed",
        "profile": "default",
        "remaining": [],
        "error": None,
    }
    assert desk.document("whoami", status=2)["error"]["code"] == "token-missing"
    assert desk.document("logout")["outcome"] == "nothing-to-do"


def test_the_same_is_told_in_words(desk: Desk) -> None:
    stored = desk.run("login", "--stdin", given=SECRET)
    assert stored.returncode == 0, stored.stderr
    assert f"Logged in as {EMAIL} (sandbox)." in stored.stdout
    assert f"Account: {EMAIL}" in desk.run("whoami").stdout
    assert "Removed the token" in desk.run("logout").stdout


def test_profiles_are_accounts_of_their_own(desk: Desk) -> None:
    assert desk.run("login", "--stdin", "--profile", "work", given=SECRET).returncode == 0
    assert desk.run("whoami").returncode == 2
    assert desk.document("--profile", "work", "whoami")["profile"] == "work"


def test_a_second_login_replaces_the_first(desk: Desk) -> None:
    assert desk.run("login", "--stdin", given=SECRET).returncode == 0
    assert desk.document("login", "--stdin", given=SECRET)["replaced"] is True


def test_the_environment_goes_first_and_login_and_logout_say_so(desk: Desk) -> None:
    (warning,) = desk.document("login", "--stdin", given=SECRET, SUPABASE_ACCESS_TOKEN=OTHER)["warnings"]
    assert "SUPABASE_ACCESS_TOKEN is set" in warning
    refused = desk.document("whoami", status=2, SUPABASE_ACCESS_TOKEN=OTHER)
    assert refused["error"]["code"] == "unauthorised"
    assert "SUPABASE_ACCESS_TOKEN" in refused["error"]["message"]
    remaining = desk.document("logout", SUPABASE_ACCESS_TOKEN=OTHER)["remaining"]
    assert remaining == ["the environment variable SUPABASE_ACCESS_TOKEN"]


def test_a_token_that_the_api_does_not_know_is_not_kept(desk: Desk) -> None:
    refused = desk.document("login", "--stdin", given=OTHER, status=2)
    assert refused["error"]["code"] == "unauthorised"
    assert refused["error"]["next"]
    assert not (desk.folder / "lib" / "kept.json").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "is empty"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x", "service_role key"),
        ("sb_secret_abc", "secret API key"),
        ("postgresql://postgres:word@db.x.supabase.co/postgres", "database's address"),
        ("hunter2", "does not begin with sbp_"),
        (f"Bearer {SECRET}", "Authorization header"),
    ],
)
def test_what_is_no_token_is_told_before_a_keyring_is_looked_for(desk: Desk, given: str, told: str) -> None:
    without = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    error = desk.document("login", "--stdin", given=given, status=2, **without)["error"]
    assert error["code"] == "token-malformed"
    assert told in error["message"]
    assert error["next"]
    assert not given or given not in json.dumps(error)


@pytest.mark.parametrize("arguments", [(SECRET,), ("--token", SECRET), (f"--token={SECRET}",)])
def test_a_token_on_the_command_line_is_not_used_and_not_repeated(desk: Desk, arguments: tuple[str, ...]) -> None:
    error = desk.document("login", *arguments, status=2)["error"]
    assert error["code"] == "token-malformed"
    assert "revoke it" in error["next"]


@pytest.mark.parametrize(
    ("backend", "code"),
    [
        ("keyring.backends.fail.Keyring", "keyring-missing"),
        ("no.such.Keyring", "keyring-missing"),
        ("keyring.backends.null.Keyring", "keyring-refused"),
    ],
)
@pytest.mark.parametrize("verb", ["login", "whoami"])
def test_without_a_keyring_the_choices_are_told(desk: Desk, backend: str, code: str, verb: str) -> None:
    arguments, given = (("login", "--stdin"), SECRET) if verb == "login" else (("whoami",), None)
    done = desk.document(*arguments, given=given, status=2, PYTHON_KEYRING_BACKEND=backend)
    assert done["error"]["code"] == (code if verb == "login" else "token-missing")
    assert "SUPABASE_ACCESS_TOKEN" in f"{done['error']['message']} {done['error']['next']}"


def test_a_scoped_token_that_may_not_ask_whose_it_is_is_kept(desk: Desk) -> None:
    body = b'{"message":"You do not have permission to perform this action"}'
    with serving(answering(403, body)) as server:
        stored = desk.document("login", "--stdin", given=SECRET, SBAPPLY_API_URL=server.url)
    assert stored["account"] is None
    assert stored["outcome"] == "stored"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (403, b"error code: 1010", "forbidden"),
        (200, b'{"id": 1}', "read-failed"),
        (404, b'{"message":"Cannot GET /v1/profile"}', "not-found"),
    ],
)
def test_nothing_is_kept_that_nobody_vouched_for(desk: Desk, status: int, body: bytes, code: str) -> None:
    with serving(answering(status, body)) as server:
        done = desk.run("login", "--stdin", "--output", "json", given=SECRET, SBAPPLY_API_URL=server.url)
    assert done.returncode in (1, 2)
    assert json.loads(done.stdout)["error"]["code"] == code
    assert not (desk.folder / "lib" / "kept.json").exists()


def test_a_token_of_an_unknown_shape_is_kept_with_a_warning(desk: Desk) -> None:
    body = b'{"gotrue_id":"x","primary_email":"a@b.invalid","username":"a"}'
    with serving(answering(200, body)) as server:
        stored = desk.document("login", "--stdin", given="sbp_v9_word", SBAPPLY_API_URL=server.url)
    (warning,) = stored["warnings"]
    assert "another shape" in warning


@pytest.mark.parametrize("given", [SECRET, OTHER])
@pytest.mark.parametrize("backend", ["desk_keyring.Kept", "desk_keyring.Quoting", "keyring.backends.null.Keyring"])
def test_a_traceback_that_was_asked_for_does_not_show_the_token(desk: Desk, given: str, backend: str) -> None:
    # Desk.run searches what is printed.
    done = desk.run("login", "--stdin", "--debug", given=given, PYTHON_KEYRING_BACKEND=backend)
    assert done.returncode == (0 if (given, backend) == (SECRET, "desk_keyring.Kept") else 2)
    assert ("Traceback" in done.stderr) is (done.returncode != 0)


def test_without_a_terminal_nobody_is_asked(desk: Desk) -> None:
    error = desk.document("login", status=2)["error"]
    assert error["code"] == "token-missing"
    assert "--stdin" in error["next"]


@pytest.mark.parametrize("verb", ["login", "logout", "whoami"])
def test_nobody_logs_in_to_the_sandbox(desk: Desk, verb: str) -> None:
    error = desk.document(verb, "--sandbox", status=2)["error"]
    assert "sandbox needs no token" in error["message"]


def test_the_official_clis_plain_file_is_used_when_asked_for_with_a_warning(desk: Desk) -> None:
    home = desk.folder / "official"
    home.mkdir()
    (home / "access-token").write_text(SECRET, encoding="ascii")
    where = {"SUPABASE_HOME": str(home)}
    refused = desk.document("whoami", status=2, **where)["error"]
    assert "SBAPPLY_USE_SUPABASE_TOKEN_FILE=1" in refused["next"]
    found = desk.run("whoami", "--output", "json", SBAPPLY_USE_SUPABASE_TOKEN_FILE="1", **where)
    assert json.loads(found.stdout)["token"]["kind"] == "official-file"
    assert "Warning: The token comes from the plain file" in found.stderr


class Terminal:
    """Run sbapply with its standard input and error on a terminal of its own."""

    def __init__(self, desk: Desk, *arguments: str) -> None:
        self._own, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sbapply", *arguments],
            env=desk.environment,
            cwd=desk.folder / "home",
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def read_until(self, text: str) -> None:
        give_up_at = time.monotonic() + 30
        while text not in self.seen:
            assert time.monotonic() < give_up_at, self.seen
            self._read(0.1)

    def finish(self) -> tuple[int, str]:
        stdout, _ = self.process.communicate(timeout=30)
        self._read(0.2)
        os.close(self._own)
        return self.process.returncode, stdout.decode()

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    def _read(self, seconds: float) -> None:
        while select.select([self._own], [], [], seconds)[0]:
            try:
                chunk = os.read(self._own, 4096)
            except OSError:
                return
            self.seen += chunk.decode(errors="replace")
            if not chunk:
                return


def test_a_token_is_typed_at_a_terminal_that_does_not_show_it(desk: Desk) -> None:
    terminal = Terminal(desk, "login")
    terminal.read_until("Access token")
    terminal.type(f"{SECRET}\n")
    status, stdout = terminal.finish()
    assert status == 0, terminal.seen
    assert f"Logged in as {EMAIL}" in stdout
    desk.search(stdout, terminal.seen)
    assert desk.run("whoami").returncode == 0


def test_an_interrupt_at_the_prompt_ends_in_a_word(desk: Desk) -> None:
    terminal = Terminal(desk, "login", "--output", "json")
    terminal.read_until("Access token")
    interrupt_at_the_prompt(terminal.process)
    status, stdout = terminal.finish()
    assert status == 130
    assert json.loads(stdout)["error"]["code"] == "interrupted"
    assert "Traceback" not in terminal.seen


def test_an_end_of_input_at_the_prompt_ends_in_a_word(desk: Desk) -> None:
    terminal = Terminal(desk, "login")
    terminal.read_until("Access token")
    terminal.type("\x04")
    status, _ = terminal.finish()
    assert status == 2
    assert "No token was given" in terminal.seen


def test_a_terminal_is_not_read_with_stdin(desk: Desk) -> None:
    terminal = Terminal(desk, "login", "--stdin")
    status, _ = terminal.finish()
    assert status == 2
    assert "would be shown" in terminal.seen


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_help_and_version_load_nothing_heavy(desk: Desk, arguments: tuple[str, ...]) -> None:
    program = (
        "import sys\nfrom sbapply.__main__ import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print(sorted({'httpx', 'keyring', 'pydantic', 'postgast', 'psycopg'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=desk.environment, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_environments_token_is_used_without_loading_keyring(desk: Desk) -> None:
    program = (
        "import sys\nfrom sbapply.__main__ import main\n"
        "try: main(['whoami'])\nexcept SystemExit as left: print(left.code, 'keyring' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**desk.environment, "SUPABASE_ACCESS_TOKEN": SECRET},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 False"
