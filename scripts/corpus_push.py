"""Push a folder with the program as a process; set aside what it refuses or what fails, and go on."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.corpus_project import Project

from sbapply.history.ready import Ready, prepare
from sbapply.migrations.files import read_folder

_AT_MOST = 400
_SHARED_VERSION = "another file has the version"


@dataclass(frozen=True)
class Aside:
    """Hold a file that was not applied, and what the program said of it."""

    file: Path
    outcome: str
    code: str
    message: str
    line: int
    column: int
    sqlstate: str

    def place(self) -> str:
        """Return the place as an editor takes it."""
        return f"{self.file.name}:{self.line}:{self.column}" if self.line else self.file.name


@dataclass
class Pushed:
    """Hold what became of a folder's files."""

    folder: Path
    found: int = 0
    applied: list[tuple[str, str]] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    renamed: dict[str, int] = field(default_factory=dict)
    statements: int = 0
    several: int = 0
    requests: int = 0
    seconds: float = 0.0

    def files(self) -> list[Path]:
        """Return the files that were applied, in order."""
        return [self.folder / f"{version}_{name}.sql" for version, name in self.applied]


def push_whole(project: Project) -> Pushed:
    """Push until nothing is left to do, each time without the file that was complained of."""
    folder = project.workdir / "supabase" / "migrations"
    away = project.workdir / "aside"
    away.mkdir()
    pushed = Pushed(folder, found=sum(1 for _ in folder.rglob("*.sql")))
    pushed.skipped = [Path(each.file).name for each in read_folder(folder).skipped if each.file.endswith(".sql")]
    for _ in range(_AT_MOST):
        document = _push(project, pushed)
        if document["outcome"] in ("applied", "nothing-to-do"):
            break
        if _SHARED_VERSION in document["error"]["message"]:
            version = document["error"]["version"]
            pushed.renamed[version] = _tell_apart(folder, version)
        else:
            pushed.aside.append(_set_aside(document, folder, away))
    pushed.statements, pushed.several = _count(pushed)
    return pushed


def _push(project: Project, pushed: Pushed) -> dict[str, Any]:
    started = time.perf_counter()
    document = project.run("push", "--yes", "--no-rehearse", "--no-verify")
    pushed.seconds += time.perf_counter() - started
    if "applied" not in document:
        raise RuntimeError(f"sbapply push ended with {json.dumps(document)[:2000]}")
    pushed.requests += document["requests"]
    pushed.applied += [(each["version"], each["name"]) for each in document["applied"]]
    return document


def _tell_apart(folder: Path, version: str) -> int:
    """Do what the program says of a version that several files share: rename all but one, in their order."""
    files = sorted(folder.glob(f"{version}_*.sql"))[1:]
    for number, file in enumerate(files, 1):
        file.rename(file.with_name(f"{version}{number:04}_{file.name.partition('_')[2]}"))
    return len(files)


def _set_aside(document: dict[str, Any], folder: Path, away: Path) -> Aside:
    error = document["error"]
    if not error.get("file"):
        raise RuntimeError(f"no file is named: {json.dumps(error)}")
    name = Path(error["file"]).name
    (folder / name).rename(away / name)
    return Aside(
        away / name,
        document["outcome"],
        error["code"],
        error["message"].split("\n", 1)[0][:160],
        error["line"] or 0,
        error["column"] or 0,
        error["sqlstate"] or "",
    )


def _count(pushed: Pushed) -> tuple[int, int]:
    """Return the statements of the applied files, and how many files are sent as several units."""
    migrations = [
        each for each in read_folder(pushed.folder).migrations if (each.version, each.name) in pushed.applied
    ]
    prepared = [ready for each in migrations if isinstance(ready := prepare(each), Ready)]
    return sum(len(ready.statements) for ready in prepared), sum(len(ready.units) > 1 for ready in prepared)
