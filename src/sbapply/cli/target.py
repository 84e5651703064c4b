"""Open what a verb works on: a project behind the API, or the folder's sandbox."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sbapply.api.client import ApiClient, ProjectDatabase
from sbapply.api.reading import ReadingDatabase
from sbapply.api.status import check_awake
from sbapply.auth.token import Token, find_token
from sbapply.cli.invocation import Invocation
from sbapply.config import Consent, Options, Settings, find_api_url, find_workdir
from sbapply.database import Database, persist
from sbapply.errors import Forbidden, NotFound, UsageError
from sbapply.migrations.assertions import AssertionFolder, read_assertion_folder
from sbapply.migrations.files import Folder, Migration, read_folder
from sbapply.settings.own import read_settings
from sbapply.settings.targets import Chosen, choose_project, consent_for, find_target
from sbapply.verbs.target import PlatformAdvisor, Target

if TYPE_CHECKING:
    from sbapply.catalog.whole import WholeCatalog
    from sbapply.rehearse.rehearsal import Rehearsal
    from sbapply.rehearse.server import Server
    from sbapply.rehearse.squashing import Squashed

MIGRATIONS = "supabase/migrations"
ASSERTIONS = "supabase/verify"
T = TypeVar("T")


@contextmanager
def open_target(
    invocation: Invocation,
    *,
    named: bool = False,
    migrations: bool = True,
    rehearses: bool = False,
    asserts: bool = False,
    advises: bool = False,
) -> Iterator[Target]:
    """Open the target that the options name, and close it at the end.

    ``named`` is for a verb that writes: it asks for the project's name and refuses a project that is not up.
    Without it SQL may go to the endpoint that cannot write, so that a token which may only read is enough.
    ``migrations`` reads the folder, ``asserts`` that of assertions; ``rehearses`` starts the scratch Postgres
    meanwhile; ``advises`` brings the platform's advisors. Raises ``UsageError`` and its kinds, and
    ``DatabaseError``.
    """
    options = invocation.options
    workdir = find_workdir(options)
    settings = read_settings(workdir)
    folder = read_folder(workdir / MIGRATIONS, shown=MIGRATIONS) if migrations else Folder(MIGRATIONS, (), ())
    assertions = AssertionFolder()
    if asserts:
        assertions = read_assertion_folder(workdir / ASSERTIONS, shown=ASSERTIONS)
    with ExitStack() as stack:
        parent, consent = None, Consent()
        if options.sandbox:
            chosen = _for_sandbox(options, settings, workdir)
            engines = _engines(stack, ahead=rehearses)
            ref, name, client = _open_sandbox(stack, workdir)
        else:
            chosen = choose_project(options, settings, workdir)
            ref, name = chosen.ref, None
            token = _token_of(invocation, chosen.profile)
            client = stack.enter_context(ApiClient(token, api_url=find_api_url(options)))
            engines = _engines(stack, ahead=rehearses)
            if options.branch is not None:
                parent, (ref, name) = ref, _branch_of(invocation, client, chosen, options.branch)
            elif named:
                name = _name_of(client, ref, chosen.patience.read)
            if named:
                consent = consent_for(ref, settings, workdir)
        yield Target(
            ref,
            name,
            folder,
            ProjectDatabase(client, ref) if named else ReadingDatabase(client, ref),
            ReadingDatabase(client, ref, read_only=True),
            _Scratch(invocation, engines, chosen.patience.read, stack),
            chosen.patience,
            chosen.limits,
            assertions=assertions,
            platform_advisor=_advisor_of(client, ref) if advises else None,
            consent=consent,
            parent=parent,
        )


def _for_sandbox(options: Options, settings: Settings, workdir: Path) -> Chosen:
    """Return how to work on the sandbox: as on the target that is named, where one is. Raises ``UsageError``."""
    if options.branch is not None:
        raise UsageError("The sandbox has no branches.", "Leave out --branch.")
    if options.target is None:
        return Chosen("", None, settings.patience, settings.limits)
    target = find_target(options.target, settings, workdir)
    return Chosen("", None, target.patience, target.limits)


def _branch_of(invocation: Invocation, client: ApiClient, chosen: Chosen, name: str) -> tuple[str, str]:
    """Return the ref and the name of a preview branch that is up; what else there is to say of it is said."""
    from sbapply.api.branches import check_branch, find_branch, warning_of

    branches = persist(
        lambda timeout: client.branches(chosen.ref, timeout=timeout), "The API", chosen.patience.read
    )
    branch = find_branch(branches, name, chosen.ref)
    check_branch(branch)
    warning = warning_of(branch)
    if warning:
        invocation.console.note(f"Warning: {warning}")
    return branch.project_ref, branch.name


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
def open_api(invocation: Invocation) -> Iterator[Api]:
    """Open the API for a verb that needs no project, and close it at the end.

    A folder is needed only where ``--workdir`` or ``--sandbox`` names one. Raises ``UsageError`` and its kinds.
    """
    options = invocation.options
    workdir = _workdir_of(options)
    settings = read_settings(workdir) if workdir is not None else Settings()
    with ExitStack() as stack:
        if options.sandbox and workdir is not None:
            _, _, client = _open_sandbox(stack, workdir)
        else:
            token = _token_of(invocation, profile_of_target(options, settings))
            client = stack.enter_context(ApiClient(token, api_url=find_api_url(options)))
        yield Api(client, workdir, settings)


def _advisor_of(client: ApiClient, ref: str) -> PlatformAdvisor:
    from sbapply.cli.advisors import platform_advisor

    return platform_advisor(client, ref)


def profile_of_target(options: Options, settings: Settings) -> str | None:
    """Return the profile of the target that is named; one that only ``supabase/config.toml`` names has none."""
    target = settings.targets.get(options.target or "")
    return target.profile if target is not None else None


def _token_of(invocation: Invocation, profile: str | None) -> Token:
    """Return the token of the profile that is meant, after saying what is to be said of it.

    ``profile`` is the target's own; ``--profile`` goes before it.
    """
    token = find_token(profile=invocation.options.profile or profile or "default")
    if token.warning is not None:
        invocation.console.note(f"Warning: {token.warning}")
    return token


def _workdir_of(options: Options) -> Path | None:
    try:
        return find_workdir(options)
    except UsageError:
        if options.workdir is not None or options.sandbox:
            raise
        return None


def _name_of(client: ApiClient, ref: str, patience: float) -> str | None:
    """Return the project's name, None where the API does not tell it. Raises ``ProjectAsleep`` if it is not up.

    A preview branch has no project of its ref (404), and a token whose only rights are on the database may not
    look at it (403): the SQL endpoint works all the same, and says so if it does not.
    """
    try:
        project = persist(lambda timeout: client.project(ref, timeout=timeout), "The API", patience)
    except (NotFound, Forbidden):
        return None
    check_awake(project)
    return project.name


def _open_sandbox(stack: ExitStack, workdir: Path) -> tuple[str, str, ApiClient]:
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


def _engines(stack: ExitStack, *, ahead: bool) -> "Callable[[], AbstractContextManager[Server]]":
    """Return what runs scratch engines, the first of them started ``ahead`` if that is wanted."""
    if not ahead:
        return _engine
    from sbapply.rehearse.ahead import EngineAhead

    engines = EngineAhead()
    stack.callback(engines.close)
    engines.begin()
    return engines.engine


def _engine() -> "AbstractContextManager[Server]":
    # It brings subprocess and more, which most verbs need not wait for.
    from sbapply.rehearse.engine import scratch_engine

    return scratch_engine()


@dataclass(frozen=True, slots=True)
class _Scratch:
    """Rehearse on a server that is thrown away; a clone's schema is read within ``patience``, in seconds.

    What is still being read of a rehearsal when ``stack`` is closed is waited for.
    """

    invocation: Invocation
    engines: "Callable[[], AbstractContextManager[Server]]"
    patience: float
    stack: ExitStack

    def replay(self, migrations: Sequence[Migration], pending: Collection[str] = ()) -> "Rehearsal":
        from sbapply.rehearse.rehearsal import rehearse_and_read_on
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(len(migrations), "on a scratch Postgres")
        server, leave = self._entered()
        rehearsal, reading = rehearse_and_read_on(
            LocalDatabase(server.conninfo(user="postgres")), migrations, pending=pending, then=leave
        )
        self.stack.callback(reading.close)
        return rehearsal

    def clone(self, database: Database, pending: Sequence[Migration]) -> "Rehearsal":
        from sbapply.catalog.whole import read_whole
        from sbapply.rehearse.clone import rehearse_on_clone
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(len(pending), "on a copy of the project's schema")
        catalog = read_whole(database, patience=self.patience)
        server, leave = self._entered()
        rehearsal, reading = rehearse_on_clone(
            catalog, LocalDatabase(server.conninfo(user="postgres")), pending, then=leave
        )
        self.stack.callback(reading.close)
        return rehearsal

    def replayed(self, migrations: Sequence[Migration]) -> "WholeCatalog":
        from sbapply.rehearse.clone import replayed
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(len(migrations), "on a scratch Postgres")
        with self.engines() as server:
            return replayed(LocalDatabase(server.conninfo(user="postgres")), migrations)

    def differences(self, catalog: "WholeCatalog", migration: Migration) -> tuple[str, ...]:
        from sbapply.rehearse.clone import differences_of
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(1, "on a scratch Postgres")
        with self.engines() as server:
            return differences_of(catalog, LocalDatabase(server.conninfo(user="postgres")), migration)

    def squashed(self, migrations: Sequence[Migration], into: Migration, *, with_data: bool) -> "Squashed":
        from sbapply.rehearse.squashing import squash_migrations

        self._announce(len(migrations), "on a scratch Postgres, and what is written of them on another")
        return squash_migrations(self.engines, migrations, into, with_data=with_data)

    def _entered(self) -> "tuple[Server, Callable[[], None]]":
        """Return an engine that runs until the second, a function, is called."""
        entered = ExitStack()
        return entered.enter_context(self.engines()), entered.close

    def _announce(self, count: int, where: str) -> None:
        self.invocation.console.progress(f"rehearsing {count} migration{'' if count == 1 else 's'} {where}")
