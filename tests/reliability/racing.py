"""Let several pushes race on one project and hold each one's report against what came of it."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sbapply.rehearse.server import Server
from tests.reliability.judging import Report, Truth, stored_texts
from tests.reliability.killing import check_counts
from tests.reliability.mixed import Mixed
from tests.reliability.place import place_on

# A process that has to wait for seven others at their migrations is not to give up before they are done.
SETTINGS = """
[patience]
read = 15
settle = 25
[limits]
request_bytes = 20000
lock_timeout = "2s"
history_lock_timeout = "5s"
"""
DELAYS = (0.0, 0.05)
# How a push may end that rivals disturbed, if not with all that it was asked for: its file no longer fits.
DEFINITE = frozenset({(1, "history-moved"), (4, "refused")})


@dataclass
class Race:
    """Hold who races: a folder a process, what is pushed before, and whether versions can be overtaken.

    ``base`` is pushed by itself before. Where processes hold different folders, one of them may apply a later
    version before an earlier one; ``overtaking`` says so.
    """

    name: str
    folders: Sequence[Sequence[Mixed]]
    base: Sequence[Mixed] = ()
    overtaking: bool = False
    ends: Counter[str] = field(default_factory=Counter)

    @property
    def files(self) -> list[Mixed]:
        """Return all files that anybody has, in order."""
        return sorted(
            {file for files in (self.base, *self.folders) for file in files}, key=lambda file: file.version
        )


def run_race(server: Server, root: Path, race: Race, *, seed: int) -> None:
    """Push every folder at once, then what is left of all of them, and hold every report against the database.

    The first requests of all processes are held until all of them are there. Notes in ``race.ends`` how they ended.
    """
    with place_on(server, root, delays=DELAYS, seed=seed) as place:
        folders = [_lay_out(root / f"runner-{number}", files) for number, files in enumerate(race.folders)]
        before = _lay_out(root / "before", race.base)
        assert place.push(folder=before).status == 0
        place.line.hold(len(folders))
        random.Random(seed).shuffle(folders)
        processes = [place.start(folder=folder) for folder in folders]
        reports = list(zip(folders, place.await_reports(processes), strict=True))
        told = "\n".join(f"{folder.name}: {report.said()}" for folder, report in reports)
        truth = place.truth()
        for folder, report in reports:
            _judge(folder, report, truth, overtaking=race.overtaking)
            race.ends[f"{race.name}: exit {report.status} {report.code or ''}".strip()] += 1
        _check_claims([report for _, report in reports], truth, told)
        everything = _lay_out(root / "everything", race.files)
        last = place.push("--include-all", folder=everything)
        assert last.status == 0, f"{last.said()}\n{told}"
        check_counts(place, race.files, in_order=not race.overtaking)


def _lay_out(folder: Path, files: Sequence[Mixed]) -> Path:
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "sbapply.toml").write_text(SETTINGS, encoding="utf-8")
    for file in files:
        (folder / "supabase" / "migrations" / f"{file.version}_{file.kind}.sql").write_text(
            file.text, encoding="utf-8"
        )
    return folder


def _judge(folder: Path, report: Report, truth: Truth, *, overtaking: bool) -> None:
    """Fail unless the report is true: all is applied at exit 0, else there is a definite reason."""
    texts = stored_texts(folder / "supabase" / "migrations")
    told = f"{folder.name}: {report.said()}"
    if report.status == 0:
        missing = [version for version in texts if truth.rows.get(version) != texts[version]]
        assert not missing, f"{missing} are not applied. {told}"
        assert report.pending == [], told
    else:
        assert overtaking, told
        assert (report.status, report.code) in DEFINITE, told
    for version in report.applied:
        assert truth.rows.get(version) == texts[version], f"{version} is not applied. {told}"


def _check_claims(reports: Sequence[Report], truth: Truth, told: str) -> None:
    """Fail if two processes call a version their own doing."""
    claims = Counter(version for report in reports for version in report.applied if version not in report.by_others)
    doubled = [version for version, count in claims.items() if count > 1]
    assert not doubled, f"{doubled} are claimed twice.\n{told}"
    assert claims.keys() <= truth.rows.keys(), told
