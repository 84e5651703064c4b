"""Show who somebody is, and what login and logout did, as text."""

from collections.abc import Iterator

from sbapply.render.visible import visible
from sbapply.verbs.account import title_of
from sbapply.verbs.login import LoginReport
from sbapply.verbs.logout import LogoutReport
from sbapply.verbs.whoami import WhoamiReport


def whoami_lines(report: WhoamiReport) -> Iterator[str]:
    """Yield who it is, and where the token comes from."""
    yield f"Account: {visible(title_of(report.account))}"
    yield f"Token:   from {visible(report.origin.source)}"
    if report.origin.backend is not None:
        yield f"Keyring: {visible(report.origin.backend)}"
    yield f"Profile: {visible(report.profile)}"


def login_lines(report: LoginReport) -> Iterator[str]:
    """Yield who is logged in, and where the token is kept."""
    instead = ", in place of the one before" if report.replaced else ""
    yield f"Logged in as {visible(title_of(report.account))}."
    yield f"The token is kept in {visible(report.backend)} for the profile {visible(report.profile)}{instead}."


def logout_lines(report: LogoutReport) -> Iterator[str]:
    """Yield whether a token was removed, and what remains."""
    name = visible(report.profile)
    yield f"Removed the token of the profile {name}." if report.removed else f"No token is kept for {name}."
    for place in report.remaining:
        yield f"There still is {visible(place)}, which the next run will find."
    if report.removed:
        yield "It stays valid until it is revoked at https://supabase.com/dashboard/account/tokens."
