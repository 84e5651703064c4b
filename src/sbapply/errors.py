"""Draw the tree of everything that can go wrong.

    SbapplyError                      code · one sentence · one next step · exit status
    ├── UsageError            usage              2   an option, a file name or a setting is wrong
    │   ├── ConfigurationError configuration     2   a setting cannot be used
    │   │   └── TokenMalformed token-malformed   2   what was given is no access token
    │   ├── ProjectUnknown    project-unknown    2   no project was named
    │   ├── TokenMissing      token-missing      2   no token was found
    │   ├── KeyringUnusable   keyring-unusable   2   the OS keyring does not keep or give what it should
    │   │   ├── KeyringMissing keyring-missing   2   there is none, or the one named cannot be loaded
    │   │   ├── KeyringShut   keyring-locked     2   it is locked, or waits for somebody to unlock it
    │   │   └── KeyringRefused keyring-refused   2   it would keep the token readable, or not at all
    │   ├── ConsentMissing    consent-missing    2   nobody said yes
    │   └── LocalMissing      local-missing      2   the extra [local] is not installed
    ├── Refused               refused            4   the folder cannot be pushed; nothing was sent
    │   └── PlanMoved         plan-moved         4   not what was approved any more; nothing was sent
    ├── EngineError           engine             1   the embedded Postgres does not start
    ├── ReadFailed            read-failed        1   a read-only question got no answer in time
    ├── MigrationFailed       migration-failed   1   settled: this migration is not applied
    │   ├── FileFailed        file-failed        1   settled: a seed, or the roles, was not run
    │   └── RehearsalFailed   rehearsal-failed   4   it fails on a Postgres of our own; nothing was sent
    ├── HistoryConflict       history-conflict   1   settled: its version is there with another text
    ├── HistoryMoved          history-moved      1   settled: somebody else changed the history
    ├── NothingApplied        not-applied        1   settled: the requests had no effect
    ├── OutputLost            output-lost        1   done, but standard output could not be written
    ├── Fault                 fault              1   sbapply itself is wrong
    ├── Interrupted           interrupted        130 settled after Ctrl-C
    ├── Unsettled             outcome-unknown    5   nobody can tell yet
    └── DatabaseError                                what one call of a ``Database`` ended with
        ├── NotSent           not-sent           1   certainly never ran
        │   ├── Unreachable   unreachable        1   no connection
        │   │   └── CertificateRefused unreachable 1 the host's certificate is not trusted
        │   ├── RateLimited   rate-limited       1   429
        │   ├── Unauthorised  unauthorised       2   401
        │   ├── Forbidden     forbidden          2   403
        │   ├── NotFound      not-found          2   404, 410
        │   ├── ProjectAsleep project-asleep     1   paused, restoring, or otherwise not up
        │   ├── TooLarge      too-large          1   refused for the size of its body
        │   └── OneStatementOnly one-statement-only 1 the endpoint takes one statement a request
        ├── SqlError          sql                1   Postgres said it, with a SQLSTATE
        └── OutcomeUnknown    outcome-unknown    5   anything else: it may have run, run still, or run later
            └── DatabaseUnreachable outcome-unknown 5   the API reached no database (544)

``NotSent``, ``SqlError`` and ``OutcomeUnknown`` are siblings, so a caller that handles one has not handled the
others; ``SqlError`` is evidence about one delivery of a request, never the outcome of a write (``apply.sending``
settles that). Errors are turned into text in one place, ``render.failure``.
"""

from dataclasses import dataclass
from typing import Final

# SQLSTATEs that tell of the session, not of the SQL: the server went away, was told to, or is broken.
_OF_THE_SESSION: Final = ("08", "57P01", "57P02", "57P03", "57014", "XX")


def ends_session(sqlstate: str) -> bool:
    """Return whether a SQLSTATE leaves open what ran before it, so that it is no ``SqlError``."""
    return sqlstate.startswith(_OF_THE_SESSION)


@dataclass(frozen=True, slots=True)
class Place:
    """Name where in a file something stands.

    ``line`` and ``column`` are 1-based and counted in characters; ``excerpt`` is that line of the file.
    """

    file: str
    line: int
    column: int
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class SbapplyError(Exception):
    """Carry a code, one sentence and one next step to the single place that renders them."""

    code = "error"
    exit_status = 1

    def __init__(
        self, message: str, next_step: str = "", *, place: Place | None = None, version: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.place = place
        self.version = version


class UsageError(SbapplyError):
    """Say that the command line or the folder it names cannot be used as given."""

    code = "usage"
    exit_status = 2


class ConfigurationError(UsageError):
    """Say that a setting, from a file or the environment, cannot be used."""

    code = "configuration"


class ProjectUnknown(UsageError):
    """Say that no project was named."""

    code = "project-unknown"


class TokenMalformed(ConfigurationError):
    """Say that what stands where a token belongs is none, without repeating it."""

    code = "token-malformed"


class TokenMissing(UsageError):
    """Say that no access token was found."""

    code = "token-missing"


class KeyringUnusable(UsageError):
    """Say that the OS keyring does not keep, give or remove what it should."""

    code = "keyring-unusable"


class KeyringMissing(KeyringUnusable):
    """Say that there is no OS keyring, or that the one that was named cannot be loaded."""

    code = "keyring-missing"


class KeyringShut(KeyringUnusable):
    """Say that the OS keyring is locked, or waits for somebody to unlock it."""

    code = "keyring-locked"


class KeyringRefused(KeyringUnusable):
    """Say that a keyring is not used because it keeps secrets readable, or not at all."""

    code = "keyring-refused"


class ConsentMissing(UsageError):
    """Say that a write was not agreed to; nothing was changed."""

    code = "consent-missing"


class LocalMissing(UsageError):
    """Say that the embedded Postgres is not installed."""

    code = "local-missing"


class Refused(SbapplyError):
    """Say that a push or a fetch was refused before anything was sent or written."""

    code = "refused"
    exit_status = 4


class PlanMoved(Refused):
    """Say what moved since a plan was approved; nothing was sent."""

    code = "plan-moved"


class EngineError(SbapplyError):
    """Say that the embedded Postgres could not be prepared, started or stopped."""

    code = "engine"


class ReadFailed(SbapplyError):
    """Say that a read-only question was not answered within its patience."""

    code = "read-failed"


class DatabaseError(SbapplyError):
    """Be the base of what one call of a ``Database`` can end with instead of rows."""


class NotSent(DatabaseError):
    """Say that the call certainly never ran: it did not leave, or was turned away at the door.

    ``retry_after`` is the number of seconds the server asked for, if it did; ``transient`` says whether the same
    call may succeed a little later without anybody doing anything. ``answered`` says that an HTTP answer told so:
    a read can be done with that; after a write the history is read all the same, because what stands between can
    put its own answer in the place of the true one.
    """

    code = "not-sent"
    transient = False
    answered = False

    def __init__(self, message: str, next_step: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(message, next_step)
        self.retry_after = retry_after


class Unreachable(NotSent):
    """Say that no connection to the API came about."""

    code = "unreachable"
    transient = True


class CertificateRefused(Unreachable):
    """Say that the host's certificate is not trusted; asking again meets the same one."""

    transient = False


class RateLimited(NotSent):
    """Say that the API turned the call away because of its rate limit (429)."""

    code = "rate-limited"
    transient = True


class Unauthorised(NotSent):
    """Say that the API does not know the token (401)."""

    code = "unauthorised"
    exit_status = 2


class Forbidden(NotSent):
    """Say that the token may not do this (403)."""

    code = "forbidden"
    exit_status = 2


class NotFound(NotSent):
    """Say that the API knows no such project or path (404), or no longer (410)."""

    code = "not-found"
    exit_status = 2


class ProjectAsleep(NotSent):
    """Say that the project's database is paused, restoring or otherwise not up."""

    code = "project-asleep"


class TooLarge(NotSent):
    """Say that the API refuses a body of this size."""

    code = "too-large"


class OneStatementOnly(NotSent):
    """Say that the endpoint parses a request as one statement, so that nothing of it ran."""

    code = "one-statement-only"


class SqlError(DatabaseError):
    """Carry what Postgres said about one delivery of a request.

    ``sqlstate`` has five characters. ``position`` is the 0-based offset, in characters, into the SQL that was
    sent, where it follows from the answer; ``constraint`` and ``where`` are None unless the server named them.
    """

    code = "sql"

    def __init__(
        self,
        sqlstate: str,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        position: int | None = None,
        next_step: str = "",
    ) -> None:
        super().__init__(message, next_step)
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint
        self.position = position


class OutcomeUnknown(DatabaseError):
    """Say that the call may have run, may still run, or may run later: nobody knows from its answer.

    ``lasting`` says that asking again would meet the same answer (a redirect, a firewall's page); ``sql_error``
    is what Postgres said at the end of the session, if it did.
    """

    code = "outcome-unknown"
    exit_status = 5

    def __init__(
        self, message: str, next_step: str = "", *, lasting: bool = False, sql_error: SqlError | None = None
    ) -> None:
        super().__init__(message, next_step)
        self.lasting = lasting
        self.sql_error = sql_error


class DatabaseUnreachable(OutcomeUnknown):
    """Say that the API reached no database in time (544): the project may be paused, or too busy to answer."""


class MigrationFailed(SbapplyError):
    """Say, after settling, that one migration is not applied and why.

    ``file``, ``version`` and ``sql_error`` tell which and what Postgres said; ``place`` is given only where it
    follows from the server's position, never guessed.
    """

    code = "migration-failed"

    def __init__(
        self,
        message: str,
        next_step: str = "",
        *,
        file: str | None = None,
        version: str | None = None,
        place: Place | None = None,
        sql_error: SqlError | None = None,
    ) -> None:
        super().__init__(message, next_step, place=place, version=version)
        self.file = place.file if place is not None else file
        self.sql_error = sql_error


class RehearsalFailed(MigrationFailed):
    """Say that a migration fails on a Postgres of our own, before anything was sent.

    ``doubt`` says why the project could take it all the same, '' where nothing speaks for that.
    """

    code = "rehearsal-failed"
    exit_status = 4
    doubt = ""


class FileFailed(MigrationFailed):
    """Say, after settling, that a seed file, or that of the roles, had no effect and why."""

    code = "file-failed"


class HistoryConflict(MigrationFailed):
    """Say, after settling, that a version is in the history with another text than the one sent."""

    code = "history-conflict"


class HistoryMoved(SbapplyError):
    """Say, after settling, that the history is no longer the one that was planned against."""

    code = "history-moved"


class NothingApplied(SbapplyError):
    """Say, after settling, that what was sent had no effect and the attempts are used up."""

    code = "not-applied"


class OutputLost(SbapplyError):
    """Say that a command did its work and its result could not be written where it was to go."""

    code = "output-lost"


class Fault(SbapplyError):
    """Say that sbapply itself is wrong: an exception that nobody foresaw."""

    code = "fault"


class Interrupted(SbapplyError):
    """Say, after settling, what an interrupted command left behind.

    ``made`` says that the one transaction that was under way took effect.
    """

    code = "interrupted"
    exit_status = 130

    def __init__(self, message: str, next_step: str = "", *, made: bool = False) -> None:
        super().__init__(message, next_step)
        self.made = made


class Unsettled(SbapplyError):
    """Say that it could not be settled in time whether a request took effect."""

    code = "outcome-unknown"
    exit_status = 5
