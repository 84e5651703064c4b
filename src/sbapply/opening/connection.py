"""Open the way to a project: behind the API, or the folder's sandbox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sbapply.api.client import ApiClient
from sbapply.auth.token import Token, find_token
from sbapply.config import Options, Settings, find_api_url
from sbapply.database import persist
from sbapply.errors import UsageError
from sbapply.settings.targets import Chosen, choose_project, find_target


def _unsaid(_text: str) -> None:
    """Be what is said where nobody listens."""


def _uncounted(_number: int, _count: int, _version: str) -> None:
    """Be the same of what is counted."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Hold who is told, in words, what is met on the way; nobody unless given.

    ``note`` is given what is to be known (a warning), ``progress`` what is being done. ``rehearsing`` is given the
    number, of how many, and the version of each migration that a rehearsal comes to.
    """

    note: Callable[[str], None] = _unsaid
    progress: Callable[[str], None] = _unsaid
    rehearsing: Callable[[int, int, str], None] = _uncounted


@dataclass(frozen=True, slots=True)
class Connection:
    """Hold a client of the API, the project that is meant there, and the folder of its migrations.

    ``name`` is that of the sandbox or of a preview branch, None of a project: it is asked for where it is needed.
    ``parent`` is the ref of the project whose branch this is.
    """

    client: ApiClient
    workdir: Path
    settings: Settings
    chosen: Chosen
    ref: str
    name: str | None = None
    parent: str | None = None
    sandbox: bool = False


@contextmanager
def open_connection(
    options: Options,
    workdir: Path,
    settings: Settings,
    listeners: Listeners,
    *,
    token: Token | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[Connection]:
    """Open the project that the options name, and close it at the end.

    ``token`` is looked for unless given; ``meanwhile`` is called before anything takes time. A branch is looked up.
    Raises ``UsageError`` and its kinds, ``EngineError`` for the sandbox, and ``DatabaseError``.
    """
    with ExitStack() as stack:
        if options.sandbox:
            chosen = _for_sandbox(options, settings, workdir)
            meanwhile()
            ref, name, client = open_sandbox(stack, workdir)
            yield Connection(client, workdir, settings, chosen, ref, name, sandbox=True)
            return
        chosen = choose_project(options, settings, workdir)
        token = token or token_of(options, listeners, chosen.profile)
        client = stack.enter_context(ApiClient(token, api_url=find_api_url(options)))
        meanwhile()
        if options.branch is None:
            yield Connection(client, workdir, settings, chosen, chosen.ref)
            return
        ref, name = _branch_of(client, chosen, options.branch, listeners)
        yield Connection(client, workdir, settings, chosen, ref, name, parent=chosen.ref)


def _for_sandbox(options: Options, settings: Settings, workdir: Path) -> Chosen:
    """Return how to work on the sandbox: as on the target that is named, where one is. Raises ``UsageError``."""
    if options.branch is not None:
        raise UsageError("The sandbox has no branches.", "Leave out --branch.")
    if options.target is None:
        return Chosen("", None, settings.patience, settings.limits)
    target = find_target(options.target, settings, workdir)
    return Chosen("", None, target.patience, target.limits)


def _branch_of(client: ApiClient, chosen: Chosen, name: str, listeners: Listeners) -> tuple[str, str]:
    """Return the ref and the name of a preview branch that is up; what else there is to say of it is said."""
    from sbapply.api.branches import check_branch, find_branch, warning_of

    branches = persist(
        lambda timeout: client.branches(chosen.ref, timeout=timeout), "The API", chosen.patience.read
    )
    branch = find_branch(branches, name, chosen.ref)
    check_branch(branch)
    warning = warning_of(branch)
    if warning:
        listeners.note(f"Warning: {warning}")
    return branch.project_ref, branch.name


def token_of(options: Options, listeners: Listeners, profile: str | None) -> Token:
    """Return the token of the profile that is meant, after saying what is to be said of it.

    ``profile`` is the target's own; ``--profile`` goes before it.
    """
    token = find_token(profile=options.profile or profile or "default")
    if token.warning is not None:
        listeners.note(f"Warning: {token.warning}")
    return token


def open_sandbox(stack: ExitStack, workdir: Path) -> tuple[str, str, ApiClient]:
    """Run the folder's sandbox until ``stack`` is closed; return its ref, its name and a client of it.

    Raises ``LocalMissing`` and ``EngineError``.
    """
    from sbapply.sandbox.handler import SandboxHandler
    from sbapply.sandbox.place import sandbox_server
    from sbapply.sandbox.settings import Sandbox
    from sbapply.sandbox.transport import SandboxTransport

    server = stack.enter_context(sandbox_server(workdir))
    settings = Sandbox(requests_per_minute=None, postgres_version=server.version)
    handler = SandboxHandler(settings, lambda role: server.conninfo(user=role))
    client = ApiClient(
        Token(settings.token, "the sandbox"), api_url="http://localhost", transport=SandboxTransport(handler)
    )
    return settings.ref, settings.name, stack.enter_context(client)
