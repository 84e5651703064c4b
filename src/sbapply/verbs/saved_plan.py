"""Hold a plan that was saved for approval, and read and write its file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import cast

from sbapply import __version__
from sbapply.catalog.fingerprint import Fingerprint
from sbapply.database import Json
from sbapply.errors import UsageError
from sbapply.history.progress import UnitRow
from sbapply.history.rewrite import digest_of_rows
from sbapply.history.state import HistoryRow, RemoteState
from sbapply.migrations.files import Migration
from sbapply.migrations.writing import write_over
from sbapply.preflight.answers import Preflight
from sbapply.redaction import redact_values
from sbapply.rehearse.footprint import Footprint
from sbapply.verbs.target import Target

_FORMAT = 1
_MARK = "sbapply_plan"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """Name a file that would be applied, with the SHA-256 of its bytes (without a byte order mark)."""

    version: str
    name: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LockFinding:
    """Say which lock, that others wait for, a statement takes on a table."""

    file: str
    line: int
    table: str
    lock: str
    rewritten: bool


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Say what the project's rows answered to a demand; never which rows."""

    file: str
    line: int
    kind: str
    table: str
    status: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Hold what was found when the plan was made; ``rehearsed`` says that ``locks`` were looked for."""

    rehearsed: bool
    note: str
    locks: tuple[LockFinding, ...]
    data: tuple[DataFinding, ...]
    newer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedHistory:
    """Hold the history as it was read: its digest (``history.rewrite``), rows, and the traces of parts."""

    sha256: str
    rows: tuple[HistoryRow, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """Hold what was approved: for which project, with which options, from which files onto which state."""

    made_by: str
    made_at: str
    project: str
    project_name: str | None
    to: str | None
    include_all: bool
    ignore_data: bool
    limits: Mapping[str, str | int]
    files: tuple[PlannedFile, ...]
    history: SavedHistory
    schema: Fingerprint
    findings: Findings

    def to_json(self) -> dict[str, Json]:
        """Return the file's document; secrets that a server's message may hold are hidden in the findings."""
        document = cast("dict[str, Json]", json.loads(json.dumps(asdict(self))))
        document["findings"] = redact_values(document["findings"])
        return {_MARK: _FORMAT, **document}


def saved_plan(
    target: Target,
    state: RemoteState,
    files: Sequence[Migration],
    schema: Fingerprint,
    findings: Findings,
    *,
    to: str | None,
    include_all: bool,
    ignore_data: bool,
) -> SavedPlan:
    """Bind a plan of ``files`` to what it was made from."""
    return SavedPlan(
        made_by=__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        project=target.ref,
        project_name=target.name,
        to=to,
        include_all=include_all,
        ignore_data=ignore_data,
        limits=asdict(target.limits),
        files=tuple(map(planned_file, files)),
        history=saved_history(state),
        schema=schema,
        findings=findings,
    )


def planned_file(migration: Migration) -> PlannedFile:
    """Return a file as a plan binds it."""
    digest = sha256(migration.text.encode()).hexdigest()
    return PlannedFile(migration.version, migration.name, migration.file, digest)


def saved_history(state: RemoteState) -> SavedHistory:
    """Return a history as a plan binds it."""
    parts = sorted(state.units, key=lambda unit: (unit.version, unit.unit))
    return SavedHistory(digest_of_rows(state.rows), state.rows, tuple(map(_part, parts)))


def findings_of(
    footprints: Sequence[Footprint], data: Preflight, newer: Sequence[str], *, rehearsed: bool, note: str = ""
) -> Findings:
    """Return what was found as a plan keeps it: of the rows that were asked only how they answered."""
    locks = tuple(
        LockFinding(each.place.file, each.place.line, ".".join(name), mode.title, name in each.rewritten)
        for each in footprints
        for name, mode in sorted(each.locks.items())
        if mode.blocks_writes
    )
    answers = tuple(
        DataFinding(each.place.file, each.place.line, each.question.kind, each.table, each.status, each.sentence)
        for each in data.answers
    )
    return Findings(rehearsed, note, locks, answers, tuple(newer))


def check_can_save(path: Path) -> None:
    """Raise ``UsageError`` unless a plan can be written to ``path``: nothing but an older plan is written over."""
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}.", "Make it first, or name another file.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file.")
    if path.exists() and _document(path) is None:
        raise UsageError(f"{path} is there and is no plan, so it is not written over.", "Name another file.")


def write_plan(path: Path, plan: SavedPlan) -> None:
    """Write a plan to its file, whole or not at all. Raises as ``check_can_save`` and ``write_over``."""
    check_can_save(path)
    write_over(path, json.dumps(plan.to_json(), indent=1, ensure_ascii=True) + "\n")


def read_plan(path: Path) -> SavedPlan:
    """Read a plan from its file. Raises ``UsageError`` for what is no plan, or one of another format."""
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Make a plan with `sbapply plan -o FILE`.")
    document = _document(path)
    if document is None:
        raise UsageError(f"{path} is no plan.", "Make one with `sbapply plan -o FILE`.")
    if document[_MARK] != _FORMAT:
        raise UsageError(f"{path} is a plan of another sbapply.", "Plan again with `sbapply plan -o FILE`.")
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(SavedPlan).validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{path} is no whole plan: {where}: {first['msg'][:1].lower()}{first['msg'][1:]}.",
            "Plan again with `sbapply plan -o FILE`.",
        ) from None


def _document(path: Path) -> Mapping[str, Json] | None:
    """Return what a file holds if it says that it is a plan."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and _MARK in document else None


def _part(unit: UnitRow) -> str:
    return f"{unit.version} part {unit.as_text()}"
