"""Open what the verbs about tokens work on: the keyring, and the API as one token sees it."""

from typing import TYPE_CHECKING

from sbapply.cli.invocation import Invocation
from sbapply.config import Options, Settings, find_api_url, find_workdir
from sbapply.database import persist
from sbapply.errors import UsageError
from sbapply.settings.own import read_settings
from sbapply.verbs.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable

    from sbapply.auth.token import Token


def profile_of(invocation: Invocation) -> str:
    """Return the profile that is meant. Raises ``UsageError`` under ``--sandbox``, which has no accounts."""
    if invocation.options.sandbox:
        raise UsageError("The sandbox needs no token, so nobody logs in to it.", "Leave out --sandbox.")
    options = invocation.options
    target = _settings(options).targets.get(options.target) if options.target is not None else None
    return options.profile or (target.profile if target is not None else None) or "default"


def identify_with(invocation: Invocation) -> "Callable[[Token], Account | None]":
    """Return a function that asks the API whose a token is, within the patience for reads.

    It returns None where the API knows the token but does not tell. The API's address is checked at once. Raises
    ``UsageError`` and its kinds.
    """
    from sbapply.api.client import ApiClient, check_api_url

    api_url = check_api_url(find_api_url(invocation.options))
    patience = _settings(invocation.options).patience.read

    def identify(token: "Token") -> Account | None:
        with ApiClient(token, api_url=api_url) as client:
            told = persist(lambda timeout: client.profile(timeout=timeout), "The API", patience)
        return Account(told.primary_email, told.username, told.gotrue_id) if told is not None else None

    return identify


def _settings(options: Options) -> Settings:
    """Return the settings of the folder if this is a project's folder; logging in needs none."""
    if options.workdir is not None:
        return read_settings(find_workdir(options))
    try:
        workdir = find_workdir(options)
    except UsageError:
        return Settings()
    return read_settings(workdir)
