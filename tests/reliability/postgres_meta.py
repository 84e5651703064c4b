"""Put the SQL server that the platform runs, ``@supabase/postgres-meta`` from npm, behind the gateway."""

import hashlib
import json
import os
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from psycopg.conninfo import conninfo_to_dict

from sbapply.sandbox.handler import SandboxHandler, SandboxRequest, SandboxResponse
from sbapply.sandbox.settings import Sandbox
from tests.reliability.line import Answer

# One server for the databases of all cases: which one a request is for travels in a header, encrypted.
_HEADER = "x-connection-encrypted"
_SECRET = "only-for-tests"
_SECONDS = 30.0
_QUERY = "/database/query"
# What the platform appends to SQL (management-api.md §1.4).
_ANNOTATION = (
    "\n\n-- source: POST /v1/projects/:ref/database/query\n-- user: pat:1\n-- date: 2026-01-01T00:00:00.000Z"
)


@dataclass(frozen=True)
class PostgresMeta:
    """Be one running server; ``behind`` is what a yard takes."""

    client: httpx.Client

    @contextmanager
    def behind(self, settings: Sandbox, conninfo: Callable[[str], str]) -> Iterator[Answer]:
        """Answer SQL through the server and everything else as the sandbox does."""
        outside = SandboxHandler(settings, conninfo)
        header = _encrypted(_url_of(conninfo("postgres")))

        def answer(request: SandboxRequest) -> SandboxResponse:
            if request.method != "POST" or not request.path.endswith(_QUERY):
                return outside(request)
            body = {"query": json.loads(request.body)["query"] + _ANNOTATION}
            return _in_the_envelope(self.client.post("/query", json=body, headers={_HEADER: header}))

        yield answer


@contextmanager
def running(node_modules: Path) -> Iterator[PostgresMeta]:
    """Run the server of a folder of npm packages while the block runs."""
    port = _free_pair_of_ports()
    environment = {
        "PATH": os.environ["PATH"],
        "PG_META_HOST": "127.0.0.1",
        "PG_META_PORT": str(port),
        "CRYPTO_KEY": _SECRET,
    }
    program = node_modules / "@supabase/postgres-meta/dist/server/server.js"
    process = subprocess.Popen(
        ["node", program], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    limits = httpx.Limits(max_connections=None)
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False, limits=limits
        ) as client:
            _await_health(client, process)
            yield PostgresMeta(client)
    finally:
        process.terminate()
        process.wait(10)


def _in_the_envelope(response: httpx.Response) -> SandboxResponse:
    """Return the platform's answer for the server's."""
    content = (("content-type", "application/json"),)
    if response.status_code == 200:
        return SandboxResponse(201, content, response.content)
    status = 544 if response.status_code == 504 else response.status_code
    message = f"Failed to run sql query: {response.json()['error']}"
    return SandboxResponse(status, content, json.dumps({"message": message}).encode())


def _url_of(conninfo: str) -> str:
    parts = conninfo_to_dict(conninfo)
    host = quote(str(parts["host"]), safe="/")
    return f"postgresql://{parts['user']}@localhost:{parts['port']}/{parts['dbname']}?host={host}"


def _encrypted(text: str) -> str:
    """Encrypt as CryptoJS does with a passphrase: OpenSSL's EVP_BytesToKey over MD5, and AES-256-CBC."""
    salt = os.urandom(8)
    key = block = b""
    while len(key) < 48:
        block = hashlib.md5(block + _SECRET.encode() + salt, usedforsecurity=False).digest()
        key += block
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key[:32]), modes.CBC(key[32:])).encryptor()
    return b64encode(b"Salted__" + salt + encryptor.update(padded) + encryptor.finalize()).decode()


def _free_pair_of_ports() -> int:
    # The server listens on the port and on the one after it.
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _await_health(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + _SECONDS
    while time.monotonic() < give_up_at:
        try:
            client.get("/health")
        except httpx.TransportError:
            assert process.poll() is None, "postgres-meta did not start"
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"postgres-meta did not answer within {_SECONDS} s")
