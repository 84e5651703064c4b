"""Open the API for what needs no project."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sbapply.api.client import ApiClient
from sbapply.auth.token import Token
from sbapply.config import Options, Settings, find_api_url, find_workdir
from sbapply.database import persist
from sbapply.errors import UsageError
from sbapply.opening.connection import Listeners, open_sandbox, token_of
from sbapply.settings.own import read_settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Api:
    """Hold the API as the options name it, with the folder it is called from where there is one."""

    client: ApiClient
    workdir: Path | None
    settings: Settings

    def read(self, call: Callable[[float], T]) -> T:
        """Make a call without effect until it succeeds, within the patience for reads; see ``database.persist``."""
        return persist(call, "The API", self.settings.patience.read)


@contextmanager
def open_api(options: Options, listeners: Listeners, *, token: Token | None = None) -> Iterator[Api]:
    """Open the API for what needs no project, and close it at the end.

    A folder is needed only where ``--workdir`` or ``--sandbox`` names one. ``token`` is looked for unless given.
    Raises ``UsageError`` and its kinds.
    """
    workdir = _workdir_of(options)
    settings = read_settings(workdir) if workdir is not None else Settings()
    with ExitStack() as stack:
        if options.sandbox and workdir is not None:
            _, _, client = open_sandbox(stack, workdir)
        else:
            token = token or token_of(options, listeners, profile_of_target(options, settings))
            client = stack.enter_context(ApiClient(token, api_url=find_api_url(options)))
        yield Api(client, workdir, settings)


def profile_of_target(options: Options, settings: Settings) -> str | None:
    """Return the profile of the target that is named; one that only ``supabase/config.toml`` names has none."""
    target = settings.targets.get(options.target or "")
    return target.profile if target is not None else None


def _workdir_of(options: Options) -> Path | None:
    try:
        return find_workdir(options)
    except UsageError:
        if options.workdir is not None or options.sandbox:
            raise
        return None
