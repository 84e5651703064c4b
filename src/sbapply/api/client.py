"""Send requests to the Management API: one client a process, one attempt a call."""

import platform
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, urlsplit

from sbapply import __version__
from sbapply.api.answers import Answer, read_object, read_rows
from sbapply.api.models import Project
from sbapply.auth.token import Token
from sbapply.config import DEFAULT_API_URL
from sbapply.database import Json, Row
from sbapply.errors import ConfigurationError, NotSent, OutcomeUnknown, ProjectAsleep, Unreachable

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT = 10.0
# Above the gateway's own 60 s, so that its word is heard before ours.
READ_TIMEOUT = 75.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Python's default user agents meet "403 error code: 1010" before the API (seen for urllib, 2026-09).
USER_AGENT = f"sbapply/{__version__} (Python {platform.python_version()}; +https://pypi.org/project/sbapply)"


class ApiClient:
    """Send requests with the token to one host; redirects are never followed.

    ``transport`` is the seam for the sandbox and for tests. Close it, or use it as a context manager.
    """

    def __init__(
        self,
        token: Token,
        *,
        api_url: str = DEFAULT_API_URL,
        connect_timeout: float = CONNECT_TIMEOUT,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        import httpx

        self._connect_timeout = connect_timeout
        base_url = check_api_url(api_url)
        encrypted = base_url.startswith("https:")
        self._client = httpx.Client(
            base_url=base_url,
            headers={
                "authorization": f"Bearer {token.reveal()}",
                "user-agent": USER_AGENT,
                "accept": "application/json",
            },
            follow_redirects=False,
            transport=transport,
            # Making a TLS context costs 25 ms and more; plain http is spoken to loopback alone.
            verify=encrypted,
            trust_env=encrypted,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(
        self, method: str, path: str, body: Mapping[str, Json] | None = None, *, timeout: float = READ_TIMEOUT
    ) -> Answer:
        """Send one request, once, and return its whole answer; ``timeout`` bounds the wait for it, in seconds.

        Raises ``Unreachable`` and ``NotSent`` if it certainly did not leave, ``OutcomeUnknown`` if that cannot be
        told.
        """
        import httpx

        timeouts = httpx.Timeout(timeout, connect=min(self._connect_timeout, timeout))
        give_up_at = time.monotonic() + timeout + timeouts.connect if timeouts.connect else None
        try:
            with self._client.stream(method, path, json=body, timeout=timeouts) as response:
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    # A read timeout is per chunk; a server that drips would hold us for ever.
                    if give_up_at is not None and time.monotonic() > give_up_at:
                        raise OutcomeUnknown(f"The API's answer did not end within {timeout:g} s.")
                return Answer(response.status_code, dict(response.headers), bytes(received))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unreachable(
                f"No connection to {self._client.base_url.host}: {error}",
                "Check the network, --api-url and proxy settings, then run the same command again.",
            ) from error
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise NotSent(f"The request could not be made: {error}", "Check --api-url.") from error
        except httpx.TimeoutException as error:
            raise OutcomeUnknown(f"No answer within {timeout:g} s.") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"The connection broke: {str(error) or type(error).__name__}.") from error

    def project(self, ref: str, *, timeout: float) -> Project:
        """Return what the API says of a project. Read-only. Raises ``DatabaseError``."""
        return Project.read(read_object(self.send("GET", f"/v1/projects/{ref}", timeout=timeout)), ref)


class ProjectDatabase:
    """Be a project's Postgres behind ``POST /v1/projects/{ref}/database/query``.

    ``read_only`` takes the endpoint beside it, ``…/read-only``, whose role cannot write. ``requests`` counts the
    POSTs that were tried.
    """

    def __init__(self, client: ApiClient, ref: str, *, read_only: bool = False) -> None:
        self._client = client
        self._path = f"/v1/projects/{ref}/database/query{'/read-only' if read_only else ''}"
        self.requests = 0

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        """Send ``sql`` once; see ``Database.run``."""
        self.requests += 1
        answer = self._client.send("POST", self._path, {"query": sql}, timeout=timeout or READ_TIMEOUT)
        return read_rows(answer, sql)


def check_awake(project: Project) -> None:
    """Raise ``ProjectAsleep`` unless the project's database can be expected to answer."""
    if project.status in ("INACTIVE", "PAUSING", "PAUSE_FAILED"):
        raise ProjectAsleep(
            f"The project {project.title} is paused ({project.status}).",
            f"Restore it at https://supabase.com/dashboard/project/{project.ref}, then run the same command again.",
        )
    if project.status in ("INIT_FAILED", "RESTORE_FAILED", "REMOVED"):
        raise ProjectAsleep(
            f"The project {project.title} is not up ({project.status}).",
            f"See https://supabase.com/dashboard/project/{project.ref} for what happened to it.",
        )
    if project.status in ("RESTORING", "RESTARTING", "COMING_UP", "UPGRADING", "RESIZING", "GOING_DOWN"):
        raise ProjectAsleep(
            f"The project {project.title} is not up yet ({project.status}).",
            "Wait until the dashboard shows it as healthy, then run the same command again.",
        )


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
