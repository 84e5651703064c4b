"""Open the HTTP client: proxies and certificates as the environment says."""

import os
from collections.abc import Mapping
from ssl import SSLError
from typing import TYPE_CHECKING

from sbapply.errors import CertificateRefused, ConfigurationError, Unreachable

if TYPE_CHECKING:
    import httpx

_PROXIES = ("HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def open_http(
    base_url: str, headers: Mapping[str, str], transport: "httpx.BaseTransport | None" = None
) -> "httpx.Client":
    """Return a client for one host that follows no redirect.

    HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR hold for https; plain http is spoken to
    loopback alone and takes no way around. Raises ``ConfigurationError`` where one of them cannot be used.
    """
    import httpx

    encrypted = base_url.startswith("https:")
    try:
        return httpx.Client(
            base_url=base_url,
            headers=dict(headers),
            follow_redirects=False,
            transport=transport,
            # Making a TLS context costs 25 ms and more.
            verify=encrypted,
            trust_env=encrypted,
        )
    except OSError as error:
        # SSLError is one: the file is there and holds no certificate.
        reason = "holds no certificate" if isinstance(error, SSLError) else "cannot be read"
        named = _named(_CERTIFICATES)
        raise ConfigurationError(
            f"{named} {reason}.", "Name a PEM file with your company's certificates."
        ) from error
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        # What they hold is not shown: a proxy's address can hold a password.
        raise ConfigurationError(
            f"{_named(_PROXIES)} names a proxy that cannot be used.", "Give it like http://proxy.example:3128."
        ) from error


def no_connection(host: str, error: "httpx.TransportError") -> Unreachable:
    """Return what to say of a connection that did not come about."""
    import httpx

    if isinstance(error, httpx.ProxyError):
        return Unreachable(
            f"The proxy on the way to {host} refuses: {error}",
            f"Check {_named(_PROXIES)}; NO_PROXY names hosts that need none.",
        )
    if _is_certificate_trouble(error):
        return CertificateRefused(
            f"The certificate of {host} is not trusted: {error}",
            "If a company proxy signs connections, name its certificates in SSL_CERT_FILE (one PEM file) or "
            "SSL_CERT_DIR.",
        )
    return Unreachable(
        f"No connection to {host}: {error}",
        "Check the network, --api-url and proxy settings, then run the same command again.",
    )


def _is_certificate_trouble(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _named(names: tuple[str, ...]) -> str:
    """Return the variables among ``names`` that are set, in either case."""
    found = [name for name in names if os.environ.get(name) or os.environ.get(name.lower())]
    return " or ".join(found or names)
