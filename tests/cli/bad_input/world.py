"""Lay out a machine, a folder and an API for one process, run it there, and look for its token everywhere."""

import json
import os
import resource
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler, SandboxRequest, SandboxResponse
from sbapply.sandbox.server import serving
from sbapply.sandbox.settings import Sandbox
from tests.cli.bad_input.faults import faulty_server
from tests.conftest import new_database

REF = "abcdefghijabcdefghij"
ENGINE_PATIENCE = 60

# Written into every process: each child that Python starts is noted with its words and its environment.
_NOTE_CHILDREN = """
import json, os, sys
def _note(event, arguments):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
        words, environment = arguments[1], arguments[-1]
        inherited = environment is None
        told = {str(k): str(v) for k, v in (os.environ if inherited else environment).items()}
        with open(%r, "a") as file:
            file.write(json.dumps([event, repr(words), told]) + "\\n")
sys.addaudithook(_note)
"""

_HIDE = """
import importlib.machinery as _machinery
_find = _machinery.PathFinder.find_spec
class _Hiding:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in %r else _find(name, path, target)
sys.meta_path[sys.meta_path.index(_machinery.PathFinder)] = _Hiding
"""


def new_token() -> str:
    """Return a token that nobody has seen before, of the shape that the dashboard issues."""
    return f"sbp_{secrets.token_hex(20)}"


@dataclass(frozen=True)
class Ended:
    """Hold how a process ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """Return the one document on stdout."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document


@dataclass
class World:
    """Be everything that one process meets; a row's set-up changes it before the process starts.

    At first there is a project's folder with one good migration, a token, a ref, no API, and little patience.
    """

    root: Path
    engine: Server
    stack: ExitStack
    sbapply_home: Path
    token: str = field(default_factory=new_token, repr=False)
    given: str = ""
    file_size: int | None = None
    stdout: str = "pipe"
    words: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.root / "home"
        self.folder = self.home / "app"
        self.migrations = self.folder / "supabase" / "migrations"
        self.migrations.mkdir(parents=True)
        self.aside = self.root / "aside"
        self.aside.mkdir()
        self.children = self.aside / "children.jsonl"
        self.customize(_NOTE_CHILDREN % str(self.children))
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": str(self.aside),
            "PYTHONWARNINGS": "error",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "SBAPPLY_HOME": str(self.sbapply_home),
            "SBAPPLY_API_URL": "http://127.0.0.1:9",
            "SUPABASE_ACCESS_TOKEN": self.token,
            "SUPABASE_PROJECT_REF": REF,
            # A name that nobody answers for is given up at once.
            "RES_OPTIONS": "timeout:1 attempts:1",
        }
        self.patience()
        self.migration("1_a.sql", "create table a (id int);")

    def patience(self, *, read: float = 0.6, settle: float = 1.0, more: str = "") -> None:
        """Write sbapply.toml."""
        text = f"[patience]\nread = {read}\nsettle = {settle}\n{more}"
        (self.folder / "sbapply.toml").write_text(text, encoding="utf-8")

    def migration(self, name: str, text: str | bytes) -> None:
        """Write a file into the folder of migrations."""
        (self.migrations / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def customize(self, code: str) -> None:
        """Run ``code`` at the start of the process, before anything of sbapply is imported."""
        with (self.aside / "sitecustomize.py").open("a", encoding="utf-8") as file:
            file.write(code)

    def hide_packages(self, *names: str) -> None:
        """Let the process find none of these packages."""
        self.customize(_HIDE % (set(names),))

    def api(self, said: bytes | None) -> None:
        """Let the API give one answer to everything, or none if ``said`` is None."""
        port = self.stack.enter_context(faulty_server(said))
        self.environment["SBAPPLY_API_URL"] = f"http://127.0.0.1:{port}"

    def project(
        self, *, change: Callable[[SandboxRequest], SandboxResponse | None] | None = None, **settings: Any
    ) -> LocalDatabase:
        """Let the API have a project with an empty database, which is returned; ``change`` may answer first."""
        database = new_database(self.engine)

        def conninfo(role: str) -> str:
            return self.engine.conninfo(user=role, database=database)

        made = Sandbox(**({"ref": REF, "token": self.token, "requests_per_minute": None} | settings))
        handler = SandboxHandler(made, conninfo)

        def reply(request: SandboxRequest) -> SandboxResponse:
            return (change(request) if change else None) or handler(request)

        listening = self.stack.enter_context(serving(reply))
        self.environment["SBAPPLY_API_URL"] = listening.url
        return LocalDatabase(conninfo("postgres"))

    def take_port(self) -> int:
        """Listen on a port of 127.0.0.1 and return it."""
        taken = self.stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        return int(taken.getsockname()[1])

    def command(self, words: tuple[str, ...], output: str) -> list[str]:
        """Return the whole command; ``{name}`` in a word stands for what the set-up put into ``words``."""
        filled = [word.format_map(self.words) if self.words else word for word in words]
        how = ["--output", "json"] if output == "json" else []
        return [sys.executable, "-m", "sbapply", *how, *filled]

    def start(self, command: list[str], **streams: Any) -> "subprocess.Popen[str]":
        """Start a process here."""
        return subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.folder,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            preexec_fn=self._limit if self.file_size is not None else None,  # noqa: PLW1509 - one thread forks
            **streams,
        )

    def run(self, words: tuple[str, ...], output: str) -> Ended:
        """Run sbapply to its end."""
        with ExitStack() as stack:
            process = self.start(
                self.command(words, output),
                stdin=subprocess.PIPE,
                stdout=self._stdout(stack),
                stderr=subprocess.PIPE,
            )
            with process:
                stdout, stderr = process.communicate(self.given, timeout=ENGINE_PATIENCE)
        return Ended(process.returncode, stdout or "", stderr)

    def _stdout(self, stack: ExitStack) -> Any:
        """Return where standard output goes: a pipe, a pipe whose reader has gone, or a disk that is full."""
        if self.stdout == "closed":
            read, write = os.pipe()
            os.close(read)
            stack.callback(os.close, write)
            return write
        if self.stdout == "full":
            return stack.enter_context(Path("/dev/full").open("wb"))
        return subprocess.PIPE

    def _limit(self) -> None:
        assert self.file_size is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_size, self.file_size))

    def leaks(self, *texts: str) -> list[str]:
        """Return where the token was found: in ``texts``, in a file under the home, or with a child."""
        found = [f"output {number}" for number, text in enumerate(texts) if holds(text.encode(), self.token)]
        found += [str(path) for path in files_below(self.home) if holds(path.read_bytes(), self.token)]
        if self.children.exists():
            lines = self.children.read_text(encoding="utf-8").splitlines()
            found += [f"a child: {line[:80]}" for line in lines if holds(line.encode(), self.token)]
        return found


def holds(content: bytes, token: str) -> bool:
    """Tell whether ``content`` holds the token, or a half of it that is long enough to be no accident."""
    secret = token.removeprefix("sbp_").encode()
    return any(half in content for half in (secret[: len(secret) // 2], secret[len(secret) // 2 :]))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every plain file below ``folder``."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
