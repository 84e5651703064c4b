"""Open a project, or the API alone, for the functions of the library."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sbapply.api.client import ApiClient
from sbapply.auth.token import Token
from sbapply.auth.words import check_word
from sbapply.config import Options, find_workdir
from sbapply.errors import UsageError
from sbapply.opening.api import open_api
from sbapply.opening.connection import Connection, Listeners, open_connection
from sbapply.opening.target import Needs, target_on
from sbapply.settings.own import read_settings
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class Project:
    """Be a project that is open, with the folder of its migrations; made by ``open_project``.

    It is given to ``status``, ``plan``, ``push``, ``verify``, ``diff``, ``rehearse`` and ``query``, as often as
    wanted while it is open, by one thread at a time. Each of them reads the folder and the project anew.
    """

    connection: Connection
    listeners: Listeners

    @property
    def ref(self) -> str:
        """Return the project's ref: that of the branch, or of the sandbox, where one was asked for."""
        return self.connection.ref

    @property
    def workdir(self) -> Path:
        """Return the folder that holds ``supabase/``."""
        return self.connection.workdir

    @property
    def client(self) -> ApiClient:
        """Return the client of the Management API that everything here is asked through."""
        return self.connection.client

    def target(self, needs: Needs, listeners: Listeners | None = None) -> AbstractContextManager[Target]:
        """Put together what one verb works on. Raises ``UsageError`` once the project is closed."""
        if self.client.closed:
            raise UsageError("The project is closed.", "Work on it within `with open_project(…) as project:`.")
        return target_on(self.connection, listeners or self.listeners, needs)


def open_project(
    workdir: Path | str | None = None,
    *,
    project_ref: str | None = None,
    target: str | None = None,
    branch: str | None = None,
    profile: str | None = None,
    sandbox: bool = False,
    api_url: str | None = None,
    token: Token | str | None = None,
    note: Callable[[str], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> AbstractContextManager[Project]:
    """Open a project for a ``with`` block; all that is opened for it, the sandbox included, is closed at its end.

    The keywords are the command line's options of these names, and what is not given is found as there: the folder
    above the current one, the project in the environment, the link or the settings, the token in
    ``SUPABASE_ACCESS_TOKEN`` or the keyring. ``workdir`` is the folder that holds ``supabase/``; ``sandbox`` takes
    its local sandbox. A ``token`` that is given is wrapped at once and shown nowhere. ``note`` is told warnings and
    ``progress`` what is being rehearsed, each in words; without them nothing is said.

    Entering sends nothing but the look-up of a ``branch``. Raises there ``UsageError`` and its kinds
    (``ProjectUnknown``, ``TokenMissing``, ``ConfigurationError`` …), ``LocalMissing`` and ``EngineError`` for the
    sandbox, and what a read raises for a branch; ``TokenMalformed`` at once.
    """
    options = Options(project_ref, _path(workdir), api_url, profile, sandbox, target=target, branch=branch)
    return _opened(options, _wrapped(token), _listeners(note, progress))


def open_client(
    workdir: Path | str | None = None,
    *,
    target: str | None = None,
    profile: str | None = None,
    api_url: str | None = None,
    token: Token | str | None = None,
) -> AbstractContextManager[ApiClient]:
    """Open a client of the Management API for a ``with`` block, without a project.

    It keeps to the API's rate limit, follows no redirect, and makes one attempt a call. The token is found as in
    ``open_project``; a folder is needed only if ``workdir`` names one. Raises on entering ``UsageError`` and its
    kinds; its methods raise ``DatabaseError``.
    """
    options = Options(workdir=_path(workdir), api_url=api_url, profile=profile, target=target)
    return _opened_client(options, _wrapped(token))


@contextmanager
def _opened(options: Options, token: Token | None, listeners: Listeners) -> Iterator[Project]:
    workdir = find_workdir(options)
    settings = read_settings(workdir)
    with open_connection(options, workdir, settings, listeners, token=token) as connection:
        yield Project(connection, listeners)


@contextmanager
def _opened_client(options: Options, token: Token | None) -> Iterator[ApiClient]:
    with open_api(options, Listeners(), token=token) as api:
        yield api.client


def _listeners(note: Callable[[str], None] | None, progress: Callable[[str], None] | None) -> Listeners:
    nobody = Listeners()
    return Listeners(note or nobody.note, progress or nobody.progress)


def _path(workdir: Path | str | None) -> Path | None:
    return Path(workdir) if workdir is not None else None


def _wrapped(token: Token | str | None) -> Token | None:
    """Return the token in what hides it. Raises ``TokenMalformed``, which does not repeat it."""
    if token is None or isinstance(token, Token):
        return token
    source = "the token that was given"
    return Token(check_word(token, source), source)
