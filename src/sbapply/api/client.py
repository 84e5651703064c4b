"""Send requests to the Management API: one client a process, one attempt a call."""

import logging
import platform
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import SplitResult, urlsplit

from sbapply import __version__
from sbapply.api.advisors import Advisor, Lint, Lints
from sbapply.api.allowance import Allowance
from sbapply.api.answers import Answer, message_of, read_object, read_rows
from sbapply.api.backups import Backups
from sbapply.api.bounded import within
from sbapply.api.branches import Branch, BranchDetail
from sbapply.api.connection import no_connection, open_http
from sbapply.api.health import ReadOnlyMode, ServiceHealth
from sbapply.api.models import Organization, Profile, Project, ProjectBody
from sbapply.api.permissions import need_of
from sbapply.api.shape import read_shape
from sbapply.auth.token import Token
from sbapply.config import DEFAULT_API_URL
from sbapply.database import Json, Row
from sbapply.errors import ConfigurationError, NotSent, OutcomeUnknown

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT = 10.0
# Above the gateway's own 60 s, so that its word is heard before ours.
READ_TIMEOUT = 75.0
T = TypeVar("T")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Python's default user agents meet "403 error code: 1010" before the API (seen for urllib, 2026-09).
USER_AGENT = f"sbapply/{__version__} (Python {platform.python_version()})"


_log = logging.getLogger("sbapply.api")


class ApiClient:
    """Send requests with the token to one host; redirects are never followed.

    One a process, so that all threads share its connections and its ``allowance`` under the rate limit. Without a
    ``token`` it can tell only that there is an API. ``transport`` is the seam for the sandbox and for tests. Close
    it, or use it as a context manager.
    """

    def __init__(
        self,
        token: Token | None,
        *,
        api_url: str = DEFAULT_API_URL,
        connect_timeout: float = CONNECT_TIMEOUT,
        transport: "httpx.BaseTransport | None" = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._allowance = allowance or Allowance()
        headers = {"user-agent": USER_AGENT, "accept": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token.reveal()}"
        self._client = open_http(check_api_url(api_url), headers, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def closed(self) -> bool:
        """Tell whether it was closed, so that nothing can be sent any more."""
        return self._client.is_closed

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json] | None = None,
        *,
        timeout: float = READ_TIMEOUT,
        patience: float = 0.0,
    ) -> Answer:
        """Send one request, once, and return its whole answer; ``timeout`` bounds the wait for it, in seconds.

        Where the rate limit is used up, up to ``patience`` of these seconds are spent waiting for its reset. Raises
        ``RateLimited``, ``Unreachable`` and ``NotSent`` if the request certainly did not leave, ``OutcomeUnknown``
        if that cannot be told.
        """
        ticket = self._allowance.take(f"{method} {path.partition('?')[0]}", patience=patience)
        started = time.monotonic()
        try:
            answer = self._send_within(method, path, body, max(timeout - ticket.waited, 0.1))
        except BaseException as error:
            self._allowance.lost(ticket)
            _log.debug("%s %s: %s after %.2f s", method, path, type(error).__name__, time.monotonic() - started)
            raise
        self._allowance.told(ticket, answer.headers)
        spent, size = time.monotonic() - started, len(answer.body)
        _log.debug("%s %s: %d in %.2f s, %d bytes", method, path, answer.status, spent, size)
        return answer

    def _send_within(self, method: str, path: str, body: Mapping[str, Json] | None, timeout: float) -> Answer:
        try:
            return within(lambda: self._send(method, path, body, timeout), timeout + self._connect_timeout)
        except TimeoutError:
            raise OutcomeUnknown(f"The API's answer did not end within {timeout:g} s.") from None

    def _send(self, method: str, path: str, body: Mapping[str, Json] | None, timeout: float) -> Answer:
        import httpx

        timeouts = httpx.Timeout(timeout, connect=min(self._connect_timeout, timeout))
        give_up_at = time.monotonic() + timeout + min(self._connect_timeout, timeout)
        try:
            with self._client.stream(method, path, json=body, timeout=timeouts) as response:
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    # A read timeout is per chunk, and what drips without end must not be kept.
                    if time.monotonic() > give_up_at:
                        raise OutcomeUnknown(f"The API's answer did not end within {timeout:g} s.")
                need = need_of(method, path.partition("?")[0])
                return Answer(response.status_code, dict(response.headers), bytes(received), need)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise no_connection(self._client.base_url.host, error) from error
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise NotSent(f"The request could not be made: {error}", "Check --api-url.") from error
        except httpx.TimeoutException as error:
            raise OutcomeUnknown(f"No answer within {timeout:g} s.") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"The connection broke: {str(error) or type(error).__name__}.") from error

    def query(self, ref: str, sql: str, *, read_only: bool = False, timeout: float | None = None) -> Sequence[Row]:
        """Send ``sql`` once to a project's SQL endpoint and return the rows; see ``Database.run``.

        Without a ``timeout`` it does not wait for the rate limit: what was built with a deadline is built anew.
        """
        path = f"/v1/projects/{ref}/database/query{'/read-only' if read_only else ''}"
        answer = self.send("POST", path, {"query": sql}, timeout=timeout or READ_TIMEOUT, patience=timeout or 0.0)
        return read_rows(answer, sql)

    def read(self, path: str, kind: type[T], what: str, *, timeout: float) -> T:
        """Send one GET and return its answer as a ``kind``; ``what`` is named where the shape is another.

        It may wait for the rate limit within ``timeout``. Raises ``DatabaseError``; one attempt, so that
        ``database.persist`` repeats it.
        """
        answer = self.send("GET", path, timeout=timeout, patience=timeout)
        return read_shape(kind, read_object(answer), what)

    def organizations(self, *, timeout: float) -> Sequence[Organization]:
        """Return the organisations that the token can see. Read-only. Raises ``DatabaseError``."""
        return self.read("/v1/organizations", tuple[Organization, ...], "organisations", timeout=timeout)

    def projects(self, *, timeout: float) -> Sequence[Project]:
        """Return the projects that the token can see. Read-only. Raises ``DatabaseError``."""
        bodies = self.read("/v1/projects", tuple[ProjectBody, ...], "projects", timeout=timeout)
        return tuple(Project.of(body, body.ref) for body in bodies)

    def project(self, ref: str, *, timeout: float) -> Project:
        """Return what the API says of a project; a preview branch is none (404). Read-only. Raises as ``read``."""
        return Project.of(self.read(f"/v1/projects/{ref}", ProjectBody, "the project", timeout=timeout), ref)

    def branches(self, ref: str, *, timeout: float) -> Sequence[Branch]:
        """Return a project's branches. Read-only. Raises ``DatabaseError``."""
        return self.read(f"/v1/projects/{ref}/branches", tuple[Branch, ...], "branches", timeout=timeout)

    def branch(self, ref: str, *, timeout: float) -> BranchDetail:
        """Return what the API says of the branch with a ref of its own. Read-only. Raises ``DatabaseError``."""
        return self.read(f"/v1/branches/{ref}", BranchDetail, "the branch", timeout=timeout)

    def health(self, ref: str, services: Sequence[str] = ("db",), *, timeout: float) -> Sequence[ServiceHealth]:
        """Return how a project's services fare. Read-only. Raises ``DatabaseError``."""
        path = f"/v1/projects/{ref}/health?{'&'.join(f'services={name}' for name in services)}"
        return self.read(path, tuple[ServiceHealth, ...], "the project's health", timeout=timeout)

    def read_only_mode(self, ref: str, *, timeout: float) -> ReadOnlyMode:
        """Return whether a project's database refuses writes. Read-only. Raises ``DatabaseError``."""
        return self.read(f"/v1/projects/{ref}/readonly", ReadOnlyMode, "the read-only mode", timeout=timeout)

    def lints(self, ref: str, advisor: Advisor, *, timeout: float) -> Sequence[Lint]:
        """Return what one of the platform's advisors finds. Read-only. Raises ``DatabaseError``."""
        return self.read(f"/v1/projects/{ref}/advisors/{advisor}", Lints, "lints", timeout=timeout).lints

    def backups(self, ref: str, *, timeout: float) -> Backups:
        """Return a project's backups. Read-only. Raises ``DatabaseError``."""
        return self.read(f"/v1/projects/{ref}/database/backups", Backups, "backups", timeout=timeout)

    def profile(self, *, timeout: float) -> Profile | None:
        """Return whose token it is. Read-only. Raises ``DatabaseError``.

        None: the API knows the token, but it may not ask this (403 in the API's own envelope, as a scoped token
        gets where its permissions end).
        """
        answer = self.send("GET", "/v1/profile", timeout=timeout, patience=timeout)
        if answer.status == 403 and message_of(answer) is not None:
            return None
        return Profile.read(read_object(answer))


class ProjectDatabase:
    """Be a project's Postgres behind ``POST /v1/projects/{ref}/database/query``.

    ``read_only`` takes the endpoint beside it, ``…/read-only``, whose role cannot write. ``requests`` counts the
    POSTs that were tried.
    """

    def __init__(self, client: ApiClient, ref: str, *, read_only: bool = False) -> None:
        self._client = client
        self._ref = ref
        self._read_only = read_only
        self.requests = 0

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        """Send ``sql`` once; see ``Database.run``."""
        self.requests += 1
        return self._client.query(self._ref, sql, read_only=self._read_only, timeout=timeout)


def check_api_url(url: str) -> str:
    """Return ``url`` without a trailing slash. Raises ``ConfigurationError`` unless it is https, or loopback."""
    parts = _split_url(url)
    if parts is None:
        shown = "What was given" if "@" in url else repr(url)
        raise ConfigurationError(f"{shown} is no API address.", "Give it like https://api.supabase.com.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(
            f"The token is not sent to {parts.hostname} over plain http.", "Use https; http is for 127.0.0.1 alone."
        )
    return parts.geturl().rstrip("/")


def _split_url(url: str) -> SplitResult | None:
    """Return the parts of an address that names a scheme of ours, a host, perhaps a port and a path, else None."""
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    plain = "@" not in parts.netloc and not parts.query and not parts.fragment
    return parts if named and plain and parts.scheme in ("http", "https") else None
