"""Gather what a report tells besides a verb's document: by whom, when, from which commit, and each claim."""

import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

from sbapply import __version__
from sbapply.database import Json
from sbapply.errors import SbapplyError
from sbapply.history.plan import Plan, State
from sbapply.verbs.failure import failure_document
from sbapply.verbs.target import Target
from sbapply.verbs.timing import Stopwatch
from sbapply.verify.verdict import Verdict

_GIT_SECONDS = 3.0
_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_AMISS = (
    State.EDITED,
    State.OUT_OF_ORDER,
    State.MISSING_FILE,
    State.DUPLICATE,
    State.HALF_APPLIED,
    State.UNREADABLE,
    State.RELABELLED,
)


class Reported(Protocol):
    """Be what a verb that is reported on returns."""

    @property
    def target(self) -> Target:
        """Return what it worked on."""
        ...

    @property
    def plan(self) -> Plan:
        """Return what the history said of the files."""
        ...

    @property
    def verdict(self) -> Verdict | None:
        """Return the proof, None where there is none."""
        ...

    @property
    def exit_status(self) -> int:
        """Return the process' exit code."""
        ...

    def to_json(self) -> dict[str, Json]:
        """Return the verb's document."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Hold one thing that is known locally of who ran a verb, and where it is from."""

    what: str
    value: str
    source: str

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {"what": self.what, "value": self.value, "source": self.source}


@dataclass(frozen=True, slots=True)
class Commit:
    """Name the git commit that a folder is at.

    ``hash`` is None where there is none, and ``reason`` says why; ``uncommitted`` tells whether git knows of
    changes beside it, None if that could not be found out.
    """

    hash: str | None
    uncommitted: bool | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {"hash": self.hash, "uncommitted_changes": self.uncommitted, "reason": self.reason or None}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Hold when a verb was started, by whom as far as this machine knows, and from which commit."""

    started: datetime
    by: tuple[Known, ...]
    commit: Commit


def gather(workdir: Path | None, *, environ: Mapping[str, str] = os.environ) -> Circumstances:
    """Return the circumstances of now; git is asked about ``workdir``, the current directory if None.

    The token's owner is not asked for. Raises nothing: what cannot be found out is said or left out.
    """
    return Circumstances(datetime.now(UTC), tuple(_whom(environ)), commit_of(workdir or Path.cwd(), environ))


def commit_of(folder: Path, environ: Mapping[str, str] = os.environ) -> Commit:
    """Return the commit that ``folder`` is at; git has three seconds for each of two questions. Read-only."""
    answer = _git(folder, environ, "rev-parse", "HEAD")
    if isinstance(answer, str):
        return Commit(None, reason=answer)
    found = answer.stdout.decode("ascii", "replace").strip()
    if answer.returncode != 0 or not _HASH.fullmatch(found):
        inside = _git(folder, environ, "rev-parse", "--git-dir")
        empty = not isinstance(inside, str) and inside.returncode == 0
        return Commit(None, reason="a git repository without a commit" if empty else "not in a git repository")
    changes = _git(folder, environ, "status", "--porcelain")
    if isinstance(changes, str) or changes.returncode != 0:
        return Commit(found)
    return Commit(found, uncommitted=bool(changes.stdout.strip()))


def report_document(
    report: Reported, circumstances: Circumstances, watch: Stopwatch, notes: Sequence[str] = ()
) -> dict[str, Json]:
    """Return the document of a verb with ``report`` beside it, whose last word is the verdict."""
    document = report.to_json()
    verdict = report.verdict
    claims: list[Json] = [each.to_json() for each in verdict.results] if verdict is not None else []
    migrations: list[Json] = [
        {"version": each.version, "name": each.name, "file": each.file, "state": each.state.value}
        for each in report.plan.entries
        if each.version
    ]
    summary = verdict.summary() if verdict is not None else _unverified(document)
    warned = [each.message for each in verdict.warnings] if verdict is not None else []
    unclaimed = verdict.unclaimed if verdict is not None else ()
    # What could not be found out is for somebody to look at; that there is nothing to find out is not.
    warned += [each.sentence for each in unclaimed if each.unknown]
    without = [each.sentence for each in unclaimed if not each.unknown]
    warnings = [*map(_warning, (*notes, *warned)), *_amiss(report.plan), *_of_data(document)]
    return _with_report(
        document, report.exit_status, circumstances, watch, migrations, warnings, claims, summary, without
    )


def failure_report(
    command: str,
    error: SbapplyError,
    target: Target | None,
    circumstances: Circumstances,
    watch: Stopwatch,
    notes: Sequence[str] = (),
) -> dict[str, Json]:
    """Return the document of a verb that ended with ``error`` before it had a report of its own."""
    document = failure_document(command, error)
    if target is not None:
        document |= {**target.to_json(), "requests": target.database.requests}
    warnings: list[Json] = [_warning(note) for note in notes]
    summary = _unverified(document)
    return _with_report(document, error.exit_status, circumstances, watch, [], warnings, [], summary)


def _with_report(
    document: dict[str, Json],
    exit_status: int,
    circumstances: Circumstances,
    watch: Stopwatch,
    migrations: list[Json],
    warnings: list[Json],
    claims: list[Json],
    verdict: dict[str, Json],
    unclaimed: Sequence[str] = (),
) -> dict[str, Json]:
    ended = datetime.now(UTC)
    told: dict[str, Json] = {
        "sbapply": __version__,
        "started": _utc(circumstances.started),
        "ended": _utc(ended),
        "seconds": round(watch.seconds, 3),
        "exit_status": exit_status,
        "by": [each.to_json() for each in circumstances.by],
        "commit": circumstances.commit.to_json(),
        "migrations": migrations,
        "timings": watch.to_json(),
        "warnings": warnings,
        "unclaimed": list(unclaimed),
        "claims": claims,
        "verdict": verdict,
    }
    return {**document, "report": told}


def _unverified(document: Mapping[str, Json]) -> dict[str, Json]:
    said = document.get("verification")
    if isinstance(said, dict):
        return dict(said)
    return {"outcome": "not-verified", "claims": 0, "confirmed": 0, "differs": 0, "not_probed": 0}


def _warning(message: str, file: str | None = None, line: Json = None) -> dict[str, Json]:
    return {"message": message, "file": file, "line": line}


def _amiss(plan: Plan) -> Iterator[Json]:
    """Yield the files and history rows that somebody should look at, once."""
    refused = {refusal.migration.file for refusal in plan.refusals}
    for entry in plan.of_state(*_AMISS):
        if entry.file is None or entry.file not in refused:
            title = " ".join(filter(None, (entry.version, entry.name)))
            yield _warning(f"{title} is {entry.state.value}: {entry.reason or 'see its file'}", entry.file)


def _of_data(document: Mapping[str, Json]) -> Iterator[Json]:
    """Yield what the project's rows warn of, or were not asked."""
    for answer in cast("list[dict[str, Json]]", document.get("data") or []):
        if answer["status"] in {"repaired-maybe", "not-asked"}:
            file = answer["file"]
            yield _warning(str(answer["sentence"]), file if isinstance(file, str) else None, answer["line"])


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _whom(environ: Mapping[str, str]) -> Iterator[Known]:
    account = _account(environ)
    if account is not None:
        yield account
    host = platform.node()
    if host:
        yield Known("host", host, "the operating system")
    actor = environ.get("GITHUB_ACTOR")
    if actor:
        yield Known("CI actor", actor, "the environment variable GITHUB_ACTOR")
    run = [environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    if all(run):
        server, repository, number = run
        yield Known("CI run", f"{server}/{repository}/actions/runs/{number}", "the environment variables GITHUB_*")


def _account(environ: Mapping[str, str]) -> Known | None:
    """Return the account that this process runs as: not what LOGNAME or USER say, where there is better."""
    try:
        import pwd
    except ImportError:
        name = environ.get("USERNAME")
        return Known("account", name, "the environment variable USERNAME") if name else None
    number = os.getuid()
    try:
        return Known("account", pwd.getpwuid(number).pw_name, "the operating system")
    except KeyError:
        return Known("account", f"uid {number}", "the operating system, which knows no name for it")


def _git(
    folder: Path, environ: Mapping[str, str], *arguments: str, run: Callable[..., object] = subprocess.run
) -> "subprocess.CompletedProcess[bytes] | str":
    """Ask git something; return why not where it cannot be asked."""
    # A token is nobody else's business, and looking must neither write the index nor start what a folder names.
    environment = {name: value for name, value in environ.items() if not name.startswith("SUPABASE_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_GIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "git gave no answer in time"
    except OSError:
        return "git is not there to be asked"
    return cast("subprocess.CompletedProcess[bytes]", done)
