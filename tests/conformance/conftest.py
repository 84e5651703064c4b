"""Serve this folder's sandbox to clients that are not ours, as they are found in SBAPPLY_NODE_MODULES.

The official CLI's profile for local development is fixed to http://localhost:8080, so the sandbox has to have that
port.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.official import OFFLINE

PORT = 8080
TABLES = """
create table public.books (id int primary key, title text);
create table public.notes (id int primary key, book int references public.books);
alter table public.books enable row level security;
"""


@dataclass(frozen=True)
class Sandbox:
    """Hold the sandbox that is served, and a project folder with a home of its own beside it."""

    folder: Path
    home: Path
    url: str
    ref: str
    token: str
    node_modules: Path

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "SBAPPLY_HOME": os.environ["SBAPPLY_HOME"],
            "SBAPPLY_API_URL": self.url,
            "SUPABASE_ACCESS_TOKEN": self.token,
            **OFFLINE,
        }

    def run(self, *command: str | Path, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(part) for part in command],
            env=self.environment(),
            cwd=folder or self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def supabase(self, *arguments: str, folder: Path | None = None) -> str:
        done = self.run(
            "node",
            self.node_modules / "supabase/dist/supabase.js",
            "--profile",
            "supabase-local",
            *arguments,
            folder=folder,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sbapply(self, *arguments: str, folder: Path | None = None) -> dict[str, Any]:
        done = self.run(sys.executable, "-m", "sbapply", *arguments, "--output", "json", folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        document = json.loads(done.stdout)
        assert isinstance(document, dict)
        return document

    def new_folder(self, name: str) -> Path:
        folder = self.folder.parent / name
        (folder / "supabase" / "migrations").mkdir(parents=True)
        return folder


@pytest.fixture(scope="module")
def node_modules() -> Path:
    folder = os.environ.get("SBAPPLY_NODE_MODULES", "")
    needed = ("supabase/dist/supabase.js", "@supabase/mcp-server-supabase/dist/cli.js")
    if not folder or not all(Path(folder, each).is_file() for each in needed):
        pytest.fail("Set SBAPPLY_NODE_MODULES to a folder that holds supabase and @supabase/mcp-server-supabase.")
    return Path(folder)


@pytest.fixture(scope="module")
def sandbox(node_modules: Path, sbapply_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.fail(f"Port {PORT} is taken, and the official CLI knows no other.")
    root = tmp_path_factory.mktemp("real-clients")
    folder, home = root / "app", root / "home"
    home.mkdir()
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / "migrations" / "20260101000000_books.sql").write_text(TABLES)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "SBAPPLY_HOME": str(sbapply_home)}
    command = [sys.executable, "-m", "sbapply", "sandbox", "serve", "--port", str(PORT), "--output", "json"]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            served = json.loads(_document(process))
            made = Sandbox(folder, home, served["url"], served["project"], served["token"], node_modules)
            pushed = made.sbapply("push", "--yes", "--project-ref", made.ref)
            assert pushed["outcome"] == "applied"
            yield made
        finally:
            process.terminate()


def _document(process: "subprocess.Popen[str]") -> str:
    """Return the first document that a process prints."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.rstrip() == "}":
            return "".join(lines)
    pytest.fail(f"The sandbox ended: {''.join(lines)}")


class McpServer:
    """Speak JSON-RPC with the official MCP server over its standard input and output."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._number = 0

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result = answer["result"]
                assert isinstance(result, dict)
                return result
        pytest.fail("The MCP server ended.")

    def tell(self, method: str) -> None:
        self._send({"jsonrpc": "2.0", "method": method})

    def call(self, tool: str, **arguments: Any) -> str:
        result = self.ask("tools/call", name=tool, arguments=arguments)
        text = "".join(part["text"] for part in result["content"])
        assert not result.get("isError"), text
        return text

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()


@pytest.fixture
def mcp(sandbox: Sandbox) -> Iterator[McpServer]:
    server = sandbox.node_modules / "@supabase/mcp-server-supabase/dist/cli.js"
    # The token travels in the environment here: an argument stands in the list of processes.
    command = ["node", str(server), "--api-url", sandbox.url]
    with subprocess.Popen(
        command,
        env=sandbox.environment(),
        cwd=sandbox.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            made = McpServer(process)
            client = {"name": "sbapply-tests", "version": "0"}
            made.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
            made.tell("notifications/initialized")
            yield made
        finally:
            process.terminate()
