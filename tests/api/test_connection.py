"""Proxies and company certificates hold as the environment says, over real sockets on this machine."""

import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from sbapply.api.client import ApiClient
from sbapply.auth.token import Token
from sbapply.database import persist
from sbapply.errors import CertificateRefused, ConfigurationError, Unreachable

VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture
def _no_network() -> None:
    """Let these tests open sockets: they never leave the machine."""


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Projects(BaseHTTPRequestHandler):
    """Answer every GET with an empty list."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Quiet(ThreadingHTTPServer):
    """Say nothing of a client that breaks off the handshake, as one does that does not trust us."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Company:
    """Hold a server behind a certificate that a company's own authority signed."""

    url: str
    certificates: Path


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = Quiet(("127.0.0.1", 0), Projects)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    pem = tmp_path_factory.mktemp("certificates") / "company.pem"
    authority.cert_pem.write_to_path(str(pem))
    with _served(server):
        yield Company(f"https://localhost:{server.server_address[1]}", pem)


@contextmanager
def _served(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Proxy:
    """Hold a proxy's address, what it was asked to connect to, and whether it refuses."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    credentials: list[str | None] = field(default_factory=list)
    refuses: bool = False


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()

    class Connect(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            made.asked.append(self.path)
            made.credentials.append(self.headers.get("proxy-authorization"))
            if made.refuses:
                self.send_error(407)
                return
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as onward:
                self.send_response(200)
                self.end_headers()
                self.wfile.flush()
                _carry(self.connection, onward)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = Quiet(("127.0.0.1", 0), Connect)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    with _served(server):
        yield made


def _carry(one: socket.socket, other: socket.socket) -> None:
    while True:
        for readable in select.select([one, other], [], [], 10)[0] or [one]:
            content = readable.recv(65536)
            if not content:
                return
            (other if readable is one else one).sendall(content)


def ask(company: Company) -> None:
    with ApiClient(Token("sbp_x", "a test"), api_url=company.url) as client:
        assert client.projects(timeout=5.0) == ()


def test_a_companys_certificate_is_trusted_when_ssl_cert_file_names_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(company.certificates))
    ask(company)


def test_a_companys_certificate_is_trusted_when_it_lies_in_ssl_cert_dir(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # OpenSSL looks for the hash of the subject's name.
    context = ssl.create_default_context(cafile=str(company.certificates))
    assert context.get_ca_certs()
    name = _subject_hash(company.certificates)
    (tmp_path / f"{name}.0").write_bytes(company.certificates.read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    ask(company)


def _subject_hash(certificate: Path) -> str:
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(certificate)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_certificate_that_is_not_trusted_is_said_at_once_with_the_way_to_trust_it(company: Company) -> None:
    with ApiClient(Token("sbp_x", "a test"), api_url=company.url) as client, pytest.raises(Unreachable) as caught:
        persist(lambda timeout: client.projects(timeout=timeout), "The API", 20.0)
    assert isinstance(caught.value, CertificateRefused)
    assert "localhost" in caught.value.message
    assert "SSL_CERT_FILE" in caught.value.next_step
    assert caught.value.exit_status == 1


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_the_proxy_that_the_environment_names(
    company: Company, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(company.certificates))
    monkeypatch.setenv(variable, proxy.url.replace("//", "//user:password@"))
    ask(company)
    assert proxy.asked == [company.url.removeprefix("https://")]
    assert proxy.credentials[0] is not None


def test_a_host_in_no_proxy_is_reached_directly(
    company: Company, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(company.certificates))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "localhost")
    ask(company)
    assert proxy.asked == []


def test_a_proxy_that_refuses_is_named_by_its_variable_and_not_with_its_password(
    company: Company, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.refuses = True
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:password@"))
    with pytest.raises(Unreachable) as caught:
        ask(company)
    assert "407" in caught.value.message
    assert "HTTPS_PROXY" in caught.value.next_step
    assert "password" not in caught.value.message + caught.value.next_step


def test_a_proxy_that_is_down_is_no_connection(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(Unreachable) as caught:
        ask(company)
    assert "proxy" in caught.value.next_step


def test_plain_http_to_this_machine_goes_through_no_proxy(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    server = Quiet(("127.0.0.1", 0), Projects)
    with _served(server):
        ask(Company(f"http://127.0.0.1:{server.server_address[1]}", Path()))
    assert proxy.asked == []


def _absent(folder: Path) -> str:
    return str(folder / "absent.pem")


def _empty(folder: Path) -> str:
    (folder / "empty.pem").write_text("no certificate")
    return str(folder / "empty.pem")


@pytest.mark.parametrize("given", [_absent, _empty])
def test_a_certificate_file_that_cannot_be_used_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Callable[[Path], str]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", given(tmp_path))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        ApiClient(Token("sbp_x", "a test"))


@pytest.mark.parametrize(
    "address",
    ["ftp://user:password@proxy:1", "socks5://user:password@proxy:1", "http://user:password@x:y"],
)
def test_a_proxys_address_that_cannot_be_used_is_a_configuration_error_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        ApiClient(Token("sbp_x", "a test"))
    assert "password" not in caught.value.message + caught.value.next_step
