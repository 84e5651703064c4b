"""Put together what one verb works on: the folder, the project's database, and how to rehearse."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sbapply.api.client import ApiClient, ProjectDatabase
from sbapply.api.reading import ReadingDatabase
from sbapply.api.status import check_awake
from sbapply.auth.token import Token
from sbapply.config import Consent, Options, find_workdir
from sbapply.database import persist
from sbapply.errors import Forbidden, NotFound
from sbapply.migrations.assertions import AssertionFolder, read_assertion_folder
from sbapply.migrations.files import Folder, read_folder
from sbapply.opening.connection import Connection, Listeners, open_connection
from sbapply.opening.scratch import Engines, Scratch
from sbapply.settings.own import read_settings
from sbapply.settings.targets import consent_for
from sbapply.verbs.target import PlatformAdvisor, Target

MIGRATIONS = "supabase/migrations"
ASSERTIONS = "supabase/verify"


@dataclass(frozen=True, slots=True)
class Needs:
    """Say what a verb needs of its target.

    ``named`` is for one that writes: it asks for the project's name and refuses a project that is not up. Without
    it SQL may go to the endpoint that cannot write, so that a token which may only read is enough. ``migrations``
    reads the folder, ``asserts`` that of assertions; ``rehearses`` starts the scratch Postgres meanwhile;
    ``advises`` brings the platform's advisors.
    """

    named: bool = False
    migrations: bool = True
    rehearses: bool = False
    asserts: bool = False
    advises: bool = False


# What was read of the project's folder.
_Contents = tuple[Folder, AssertionFolder]


@contextmanager
def open_target(
    options: Options, listeners: Listeners, needs: Needs, *, token: Token | None = None
) -> Iterator[Target]:
    """Open the target that the options name, and close it at the end.

    The folder is read before anything is sent. Raises ``UsageError`` and its kinds, and ``DatabaseError``.
    """
    workdir = find_workdir(options)
    settings = read_settings(workdir)
    contents = _read_contents(workdir, needs)
    with ExitStack() as stack:
        engines = Engines(stack)
        meanwhile = engines.begin if needs.rehearses else lambda: None
        connection = stack.enter_context(
            open_connection(options, workdir, settings, listeners, token=token, meanwhile=meanwhile)
        )
        yield _target_of(connection, contents, needs, listeners, engines, stack)


@contextmanager
def target_on(connection: Connection, listeners: Listeners, needs: Needs) -> Iterator[Target]:
    """Put a target together on a connection that is open, with the folder as it is now.

    Raises as ``open_target``.
    """
    contents = _read_contents(connection.workdir, needs)
    with ExitStack() as stack:
        engines = Engines(stack)
        if needs.rehearses:
            engines.begin()
        yield _target_of(connection, contents, needs, listeners, engines, stack)


def _read_contents(workdir: Path, needs: Needs) -> _Contents:
    folder, assertions = Folder(MIGRATIONS, (), ()), AssertionFolder()
    if needs.migrations:
        folder = read_folder(workdir / MIGRATIONS, shown=MIGRATIONS)
    if needs.asserts:
        assertions = read_assertion_folder(workdir / ASSERTIONS, shown=ASSERTIONS)
    return folder, assertions


def _target_of(
    connection: Connection,
    contents: _Contents,
    needs: Needs,
    listeners: Listeners,
    engines: Engines,
    stack: ExitStack,
) -> Target:
    folder, assertions = contents
    client, ref, name, chosen = connection.client, connection.ref, connection.name, connection.chosen
    consent = Consent()
    if needs.named and not connection.sandbox:
        if name is None:
            name = _name_of(client, ref, chosen.patience.read)
        consent = consent_for(ref, connection.settings, connection.workdir)
    return Target(
        ref,
        name,
        folder,
        ProjectDatabase(client, ref) if needs.named else ReadingDatabase(client, ref),
        ReadingDatabase(client, ref, read_only=True),
        Scratch(listeners, engines, chosen.patience.read, stack),
        chosen.patience,
        chosen.limits,
        assertions=assertions,
        platform_advisor=_advisor_of(client, ref) if needs.advises else None,
        consent=consent,
        parent=connection.parent,
    )


def _advisor_of(client: ApiClient, ref: str) -> PlatformAdvisor:
    from sbapply.opening.advisors import platform_advisor

    return platform_advisor(client, ref)


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
