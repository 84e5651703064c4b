"""Hold what `doctor` can look at, as plain values behind one protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sbapply.database import Row, shaped
from sbapply.errors import SbapplyError
from sbapply.verbs.account import Account
from sbapply.verbs.whoami import TokenOrigin

# Without effect, so it may go to the endpoint that writes as well: being answered is what is looked for there.
LOOK: Final = """select pg_catalog.current_setting('server_version') as version, current_user::text as role,
  pg_catalog.current_setting('transaction_read_only') = 'on' as read_only,
  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) as clock,
  pg_catalog.to_regclass('supabase_migrations.schema_migrations') is not null as history"""


@dataclass(frozen=True, slots=True)
class ProgramSeen:
    """Hold the versions of sbapply and of what runs it."""

    version: str
    python: str
    platform: str


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """Hold the folder and its files; ``missing`` is why there is no folder of migrations in it."""

    path: str
    migrations: int = 0
    unreadable: int = 0
    skipped: int = 0
    missing: SbapplyError | None = None


@dataclass(frozen=True, slots=True)
class SettingsSeen:
    """Hold which file sets sbapply up, None where none does, and the names of its targets and of remotes."""

    file: str | None
    targets: tuple[str, ...]
    remotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectNamed:
    """Hold the project that is meant, and what names it."""

    ref: str
    source: str


@dataclass(frozen=True, slots=True)
class KeyringSeen:
    """Hold the keyring that answers, whether it holds a token of ours, and whether it keeps a secret at all."""

    backend: str | None
    holds: bool
    plain: bool


@dataclass(frozen=True, slots=True)
class ApiSeen:
    """Hold how the API answered one request.

    ``seconds`` is how long that took, ``ahead`` by how many its clock goes before ours, None where it does not
    say. ``refusal`` is what was met, ``account`` whose the token is where that is told; ``asked_as_somebody`` says
    whether there was a token to ask with.
    """

    url: str
    seconds: float
    ahead: float | None
    refusal: SbapplyError | None = None
    account: Account | None = None
    asked_as_somebody: bool = True


@dataclass(frozen=True, slots=True)
class ProjectSeen:
    """Hold what the API says of the project; ``asleep`` is why its database cannot answer."""

    title: str
    status: str
    asleep: SbapplyError | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """Hold how a SQL endpoint answered: as whom it ran, and by how many seconds its clock goes before ours."""

    version: str
    role: str
    read_only: bool
    history: bool
    ahead: float
    seconds: float


@dataclass(frozen=True, slots=True)
class EngineSeen:
    """Hold the Postgres for rehearsals; ``named`` by the environment, and whether what talks to it is there."""

    release: str
    major: int
    directory: str
    named: bool
    driver: bool


@dataclass(frozen=True, slots=True)
class HomeSeen:
    """Hold the folder for what is local, its free bytes, and whether servers are put into memory instead."""

    path: str
    free: int
    in_memory: bool


class Surroundings(Protocol):
    """Be what can be looked at. Each question is asked once, changes nothing, and may raise ``SbapplyError``."""

    sandbox: bool

    def program(self) -> ProgramSeen:
        """Return the versions."""
        ...

    def folder(self) -> FolderSeen:
        """Return the folder."""
        ...

    def settings(self) -> SettingsSeen:
        """Return the settings."""
        ...

    def project(self) -> ProjectNamed:
        """Return which project is meant."""
        ...

    def token(self) -> TokenOrigin:
        """Return where the token comes from."""
        ...

    def keyring(self) -> KeyringSeen:
        """Return the OS keyring, whether or not the token is from there."""
        ...

    def api(self) -> ApiSeen:
        """Send one request, with the token where there is one."""
        ...

    def state(self) -> ProjectSeen:
        """Ask the API for the project's state."""
        ...

    def reading(self) -> DatabaseSeen:
        """Ask the database at the endpoint that cannot write."""
        ...

    def writing(self) -> DatabaseSeen:
        """Ask the database the same at the endpoint that can."""
        ...

    def engine(self) -> EngineSeen:
        """Return the Postgres for rehearsals."""
        ...

    def home(self) -> HomeSeen:
        """Return the folder for what is local."""
        ...

    def official(self) -> str | None:
        """Return the version and the place of the official CLI, None where it is not on the PATH."""
        ...


def database_seen(rows: Sequence[Row], *, between: tuple[float, float]) -> DatabaseSeen:
    """Return what the answer to ``LOOK`` says; it was sent and received ``between``, in seconds of our clock.

    Raises ``ReadFailed`` for an answer of another shape.
    """
    sent, received = between
    with shaped("the database"):
        (row,) = rows
        ahead = float(str(row["clock"])) - (sent + received) / 2
        return DatabaseSeen(
            str(row["version"]),
            str(row["role"]),
            bool(row["read_only"]),
            bool(row["history"]),
            ahead,
            received - sent,
        )
