"""Look at everything that sbapply needs, and judge each part of it for itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from sbapply.database import Json
from sbapply.errors import Forbidden, NotFound, SbapplyError, UsageError
from sbapply.verbs.account import title_of
from sbapply.verbs.examined import (
    ApiSeen,
    DatabaseSeen,
    EngineSeen,
    FolderSeen,
    HomeSeen,
    KeyringSeen,
    ProgramSeen,
    ProjectNamed,
    ProjectSeen,
    SettingsSeen,
    Surroundings,
)
from sbapply.verbs.failure import fault_of
from sbapply.verbs.whoami import TokenOrigin

T = TypeVar("T")

# A Date header has whole seconds. What a clock is needed for here are the versions of new files.
_CLOCK_NOTED = 30.0
_CLOCK_WRONG = 600.0
_SLOW = 5.0
_LITTLE_ROOM = 2**30
_ENGINES = range(15, 19)
_SET_CLOCK = "Let this machine set its clock by the network."


class Verdict(Enum):
    """Say how what was found is judged; ``NOTE`` is worth knowing and stands in nobody's way."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"
    NOT_LOOKED = "not-looked"


Verdicts: TypeAlias = "Mapping[type[SbapplyError], Verdict]"
# What somebody can do without.
_OPTIONAL: Verdicts = {UsageError: Verdict.NOTE}


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what was found of one subject, and what to do about it."""

    subject: str
    verdict: Verdict
    found: str
    next: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the finding; ``next`` is null where nothing is to be done."""
        return {
            "subject": self.subject,
            "verdict": self.verdict.value,
            "found": self.found,
            "next": self.next or None,
        }


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Hold all findings, in the order in which one thing needs the other."""

    project: str | None
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> int:
        """Return how many things are wrong."""
        return sum(finding.verdict is Verdict.WRONG for finding in self.findings)

    @property
    def exit_status(self) -> int:
        """Return 0 where nothing is wrong, else 1."""
        return 1 if self.wrong else 0

    def to_json(self) -> dict[str, Json]:
        """Return the document."""
        return {
            "command": "doctor",
            "project": self.project,
            "outcome": "wrong" if self.wrong else "fine",
            "findings": [finding.to_json() for finding in self.findings],
            "error": None,
        }


def doctor(around: Surroundings) -> DoctorReport:
    """Look at each part, whatever the others came to; what needs one that is not there is not looked at.

    Read-only; at most four requests, each within the patience for reads. Raises nothing that belongs to what is
    looked at.
    """
    looks = _Looks()
    looks.at("sbapply", around.program, _program)
    folder = looks.at("folder", around.folder, _folder)
    settings, project = None, None
    if folder is not None:
        settings = looks.at("settings", around.settings, _settings)
    else:
        looks.skip("settings", "They lie in the folder.")
    if settings is not None:
        project = looks.at("project", around.project, _project)
    else:
        looks.skip("project", "Which one is meant depends on the settings.")
    token = looks.at("token", around.token, _token)
    _look_at_keyring(looks, around)
    api = looks.at("API", around.api, _api)
    seen = _look_at_project(looks, around, api, ready=token is not None and project is not None)
    looks.add(_clock(api, seen))
    looks.at("rehearsals", around.engine, _engine, verdicts=_OPTIONAL)
    looks.at("local files", around.home, _home, verdicts=_OPTIONAL)
    looks.at("official CLI", around.official, _official, verdicts=_OPTIONAL)
    return DoctorReport(project.ref if project is not None else None, tuple(looks.findings))


@dataclass(slots=True)
class _Looks:
    """Collect findings; nothing that one look raises keeps the next from being taken."""

    findings: list[Finding] = field(default_factory=list)
    last_is_usage: bool = False

    def at(
        self,
        subject: str,
        ask: Callable[[], T],
        judge: "Callable[[T], Judged]",
        *,
        verdicts: Verdicts = MappingProxyType({}),
    ) -> T | None:
        """Judge what ``ask`` returns; what it raises is judged by ``verdicts``, and wrong if it is none of them."""
        self.last_is_usage = False
        try:
            seen = ask()
            self.findings.append(Finding(subject, *judge(seen)))
        except SbapplyError as error:
            self.last_is_usage = isinstance(error, UsageError)
            verdict = next((each for kind, each in verdicts.items() if isinstance(error, kind)), Verdict.WRONG)
            self.findings.append(Finding(subject, verdict, error.message, error.next_step))
        except Exception as raised:  # noqa: BLE001 - a fault in one look must not hide what the others find
            fault = fault_of(raised)
            self.findings.append(Finding(subject, Verdict.WRONG, fault.message, fault.next_step))
        else:
            return seen
        return None

    def skip(self, subject: str, reason: str) -> None:
        """Say of a subject that it was not looked at."""
        self.findings.append(Finding(subject, Verdict.NOT_LOOKED, reason))

    def add(self, finding: Finding) -> None:
        """Add a finding that follows from several looks."""
        self.findings.append(finding)


Judged: TypeAlias = tuple[Verdict, str, str]


def _look_at_keyring(looks: _Looks, around: Surroundings) -> None:
    if around.sandbox:
        looks.skip("keyring", "The sandbox needs no token.")
    else:
        # Where the token is missing for want of a keyring, that is told of the token.
        looks.at("keyring", around.keyring, _keyring, verdicts=_OPTIONAL)


def _look_at_project(
    looks: _Looks, around: Surroundings, api: ApiSeen | None, *, ready: bool
) -> DatabaseSeen | None:
    """Look at what is behind the API; return how the database answered, by the endpoint that writes if it did."""
    subjects = ("state", "reading", "writing", "database")
    if api is None or api.refusal is not None or not ready:
        why = "It needs a project, a token, and an API that takes it."
        for subject in subjects:
            looks.skip(subject, why)
        return None
    why_not = _look_at_state(looks, around)
    if why_not:
        for subject in subjects[1:]:
            looks.skip(subject, why_not)
        return None
    reads = looks.at("reading", around.reading, _reading)
    # Whoever may read alone can do much; whoever may neither has named a project of others.
    may: Verdicts = {Forbidden: Verdict.NOTE} if reads is not None else {}
    writes = looks.at("writing", around.writing, _writing, verdicts=may)
    seen = writes or reads
    if seen is None:
        looks.skip("database", "Neither endpoint answered.")
    else:
        looks.add(Finding("database", *_database(seen, by_writing=writes is not None)))
    return seen


def _look_at_state(looks: _Looks, around: Surroundings) -> str:
    """Look whether the project is up; return why its database need not be asked, "" where it is to be."""
    # A branch is no project there, and a token of few permissions may not ask: its SQL may be answered yet.
    notes: Verdicts = {Forbidden: Verdict.NOTE, NotFound: Verdict.NOTE}
    seen = looks.at("state", around.state, _state, verdicts=notes)
    if seen is None:
        return "It is not known which branch is meant." if looks.last_is_usage else ""
    return "The project's database is not up." if seen.asleep is not None else ""


def _program(seen: ProgramSeen) -> Judged:
    return Verdict.FINE, f"sbapply {seen.version}, Python {seen.python}, {seen.platform}", ""


def _folder(seen: FolderSeen) -> Judged:
    if seen.missing is not None:
        return Verdict.NOTE, f"{seen.path}: {seen.missing.message}", "Write a first migration: `sbapply new NAME`."
    count = f"{seen.migrations} migration{'' if seen.migrations == 1 else 's'}"
    parts = [f"{number} {what}" for number, what in ((seen.skipped, "skipped"), (seen.unreadable, "unreadable"))]
    shown = [part for part in parts if not part.startswith("0 ")]
    found = f"{seen.path}: {', '.join((count, *shown))}"
    return (Verdict.NOTE, found, "`sbapply status` says why.") if shown else (Verdict.FINE, found, "")


def _settings(seen: SettingsSeen) -> Judged:
    named = ((seen.targets, "targets"), (seen.remotes, "[remotes] of supabase/config.toml"))
    parts = [f"{what} {', '.join(names)}" for names, what in named if names]
    found = seen.file if seen.file is not None else "no sbapply.toml and no [tool.sbapply], so the defaults hold"
    return Verdict.FINE, "; ".join((found, *parts)), ""


def _project(seen: ProjectNamed) -> Judged:
    return Verdict.FINE, f"{seen.ref}, from {seen.source}", ""


def _token(seen: TokenOrigin) -> Judged:
    backend = f" ({seen.backend})" if seen.backend is not None else ""
    if seen.warning is not None:
        return Verdict.NOTE, f"from {seen.source}. {seen.warning}", "`sbapply login` keeps it in the OS keyring."
    return Verdict.FINE, f"from {seen.source}{backend}", ""


def _keyring(seen: KeyringSeen) -> Judged:
    if seen.backend is None:
        return Verdict.NOTE, "none that answers", "In CI set SUPABASE_ACCESS_TOKEN."
    holds = "holds a token of sbapply's" if seen.holds else "holds no token of sbapply's"
    if seen.plain:
        return Verdict.NOTE, f"{seen.backend} keeps no secret; it {holds}", "Use another keyring."
    return Verdict.FINE, f"{seen.backend} answers and {holds}", ""


def _api(seen: ApiSeen) -> Judged:
    took = f"{seen.url} answered in {seen.seconds:.2f} s"
    if seen.refusal is not None:
        return Verdict.WRONG, f"{took}. {seen.refusal.message}", seen.refusal.next_step
    slow = seen.seconds > _SLOW
    return (
        Verdict.NOTE if slow else Verdict.FINE,
        f"{took}; the token is that of {title_of(seen.account)}" if seen.asked_as_somebody else took,
        "It is slow: check the network, and https://status.supabase.com." if slow else "",
    )


def _state(seen: ProjectSeen) -> Judged:
    if seen.asleep is not None:
        return Verdict.WRONG, seen.asleep.message, seen.asleep.next_step
    if seen.warning:
        return Verdict.NOTE, f"{seen.title} is {seen.status}: {seen.warning}", ""
    healthy = not seen.status.endswith(("UNHEALTHY", "UNKNOWN"))
    return (
        Verdict.FINE if healthy else Verdict.NOTE,
        f"{seen.title} is {seen.status}",
        "" if healthy else "See the project's page in the dashboard; its database may answer all the same.",
    )


def _reading(seen: DatabaseSeen) -> Judged:
    return Verdict.FINE, f"the token may read: answered as {seen.role} in {seen.seconds:.2f} s", ""


def _writing(seen: DatabaseSeen) -> Judged:
    return Verdict.FINE, f"the token may write: answered as {seen.role} in {seen.seconds:.2f} s", ""


def _database(seen: DatabaseSeen, *, by_writing: bool) -> Judged:
    history = "it has a history" if seen.history else "it has no history yet, the first push makes it"
    found = f"PostgreSQL {seen.version}; {history}"
    if by_writing and seen.read_only:
        return (
            Verdict.WRONG,
            f"{found}; it refuses writes",
            "Its disk may be full: see the project's page in the dashboard, then run the same command again.",
        )
    return Verdict.FINE, found, ""


def _clock(api: ApiSeen | None, database: DatabaseSeen | None) -> Finding:
    """Judge our clock by those that were heard: it is wrong only where none of them agrees with it."""
    heard = [("the API's", api.ahead)] if api is not None and api.ahead is not None else []
    heard += [("the database's", database.ahead)] if database is not None else []
    if not heard:
        return Finding("clock", Verdict.NOT_LOOKED, "No other clock was heard.")
    found = ", ".join(f"{whose} is {_offset(ahead)}" for whose, ahead in heard)
    least = min(abs(ahead) for _, ahead in heard)
    most = max(abs(ahead) for _, ahead in heard)
    if least > _CLOCK_WRONG:
        return Finding("clock", Verdict.WRONG, f"{found}; files of `new` are named by it", _SET_CLOCK)
    if most > _CLOCK_NOTED:
        return Finding("clock", Verdict.NOTE, found, _SET_CLOCK if least > _CLOCK_NOTED else "")
    return Finding("clock", Verdict.FINE, found)


def _offset(ahead: float) -> str:
    """Say how far another clock is from ours; whole seconds, which is all that a Date header has."""
    seconds = round(abs(ahead))
    if seconds <= 1:
        return "as ours"
    return f"{seconds:,} s {'ahead of' if ahead > 0 else 'behind'} ours"


def _engine(seen: EngineSeen) -> Judged:
    found = f"PostgreSQL {seen.release} in {seen.directory}"
    if seen.major not in _ENGINES:
        return Verdict.WRONG, found, "Point SBAPPLY_PG_BIN at one of 15 to 18, or unset it."
    if not seen.driver:
        return Verdict.NOTE, f"{found}, without psycopg", "pip install 'sbapply[local]'"
    return Verdict.FINE, f"{found}{', from SBAPPLY_PG_BIN' if seen.named else ''}", ""


def _home(seen: HomeSeen) -> Judged:
    servers = "in memory" if seen.in_memory else "there too"
    found = f"{seen.path} can be written, {seen.free / 2**30:.1f} GB free; scratch servers run {servers}"
    if seen.free < _LITTLE_ROOM and not seen.in_memory:
        return Verdict.NOTE, found, "Make room, or set SBAPPLY_HOME to another folder."
    return Verdict.FINE, found, ""


def _official(seen: str | None) -> Judged:
    return Verdict.FINE, seen if seen is not None else "not on the PATH; nothing needs it", ""
