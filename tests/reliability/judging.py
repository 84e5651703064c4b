"""Hold what a push reported against what the database holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sbapply.migrations.files import read_folder
from sbapply.migrations.statements import SplitText, split_migration

OUTCOMES = {
    0: {"applied", "nothing-to-do"},
    1: {"failed"},
    2: {"failed"},
    4: {"refused"},
    5: {"unknown"},
    130: {"interrupted"},
}


@dataclass(frozen=True)
class Report:
    """Hold how a push ended: its exit code and its one document."""

    status: int
    document: Mapping[str, Any]
    stderr: str

    @property
    def applied(self) -> list[str]:
        return [str(each["version"]) for each in self.document["applied"]]

    @property
    def by_others(self) -> set[str]:
        return {str(each["version"]) for each in self.document["applied"] if each.get("by")}

    @property
    def pending(self) -> list[str]:
        return [str(each["version"]) for each in self.document["pending"]]

    @property
    def code(self) -> str | None:
        error = self.document["error"]
        return str(error["code"]) if error else None

    def said(self) -> str:
        """Return what matters of it, for the message of an assertion."""
        error = self.document["error"] or {}
        kept = {key: error.get(key) for key in ("code", "message", "version", "sqlstate") if error.get(key)}
        told = {
            "applied": self.applied,
            "by others": sorted(self.by_others),
            "pending": self.pending,
            "error": kept,
        }
        steps = [line for line in self.stderr.splitlines() if line.strip()]
        return f"exit {self.status} {json.dumps(told)}\n  " + "\n  ".join(steps[-30:])


def read_report(status: int, stdout: str, stderr: str) -> Report:
    """Read a report and hold it against itself."""
    assert "Traceback" not in stderr, stderr
    report = Report(status, json.loads(stdout), stderr)
    outcome = report.document["outcome"]
    assert outcome in OUTCOMES[status], report.said()
    assert (report.code is None) == (status == 0), report.said()
    assert len(set(report.applied)) == len(report.applied), report.said()
    assert not set(report.applied) & set(report.pending), report.said()
    error = report.document["error"] or {}
    said = f"{error.get('message')} {error.get('next')}"
    assert not (report.applied and "nothing was applied" in said), report.said()
    return report


def stored_texts(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return by version the statements that a row of the history has to hold, for files that can be read."""
    texts = {}
    for migration in read_folder(folder).migrations:
        split = split_migration(migration)
        if isinstance(split, SplitText):
            texts[migration.version] = split.stored()
    return texts


@dataclass(frozen=True)
class Truth:
    """Hold what is committed: the rows of the history with their texts, and how often each mark was left."""

    rows: Mapping[str, tuple[str, ...]]
    marks: Mapping[tuple[str, int], int]

    def parts(self, version: str) -> list[int]:
        """Return how often each part of a version left its mark."""
        return [count for (of, _), count in sorted(self.marks.items()) if of == version]


def hold_against(
    report: Report,
    truth: Truth,
    texts: Mapping[str, Sequence[str]],
    parts: Mapping[str, int],
    forged: frozenset[str],
) -> None:
    """Fail unless what is reported as applied is, with its effect, and nothing else is, and nothing is twice."""
    told = f"{report.said()}\n{truth}"
    for version, count in parts.items():
        done = truth.parts(version)
        assert max(done, default=0) <= 1, f"{version} was run twice: {told}"
        if version in forged:
            continue
        whole = len(done) == count
        stored = version in texts and truth.rows.get(version) == tuple(texts[version])
        assert whole == stored, f"the row of {version} and its effect differ: {told}"
        if version in report.applied:
            assert stored, f"{version} is not applied: {told}"
        if version in report.pending and report.status != 5:
            assert not stored, f"{version} is applied: {told}"
