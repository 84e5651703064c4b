"""Bring a project to terms whose history does not match its files: one command, then a push, and no row is lost.

A folder of this kind holds ``remote/project.sql``, which makes the project as it is, and ``local/``, the files as
they are here (the shape of the public supabase/evals repository's cases).
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from scripts.corpus_project import Project, served

from sbapply.database import Database
from sbapply.quoting import quote_identifier
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.wire import LocalDatabase

_COLUMNS = """
select table_schema::text as schema, table_name::text as name,
  array_agg(column_name::text order by column_name) as columns
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_type = 'BASE TABLE' and table_schema = 'public'
group by 1, 2 order by 1, 2
"""
# What a row of this state asks for; the states that need nothing are left out.
_AT_REST = {"applied", "skipped"}

Rows = Mapping[str, tuple[Sequence[str], list[str]]]


@dataclass
class Mismatch:
    """Hold what status said, what cured it, and what was wrong."""

    name: str
    states: list[str] = field(default_factory=list)
    cure: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    rows: int = 0
    faults: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """Return one line."""
        end = (
            "; ".join(self.faults)
            or f"{', '.join(self.applied) or 'nothing'} pushed, {self.rows} rows as they were"
        )
        return f"- {self.name}: {', '.join(self.states)}; sbapply {' '.join(self.cure)}; {end}"


def is_mismatch(folder: Path) -> bool:
    """Tell whether a folder is such a case."""
    return (folder / "remote" / "project.sql").is_file() and (folder / "local").is_dir()


def judge_mismatch(folder: Path, scratch: Path) -> Mismatch:
    """Make the project, look, cure with one command, push, and hold the rows against what they were."""
    found = Mismatch(folder.name)
    workdir = Path(mkdtemp(dir=scratch))
    shutil.copytree(folder / "local", workdir, dirs_exist_ok=True)
    with scratch_engine() as server, served(server, workdir) as project:
        database = LocalDatabase(server.conninfo(user="postgres"))
        database.run((folder / "remote" / "project.sql").read_text(encoding="utf-8"))
        before = _rows(database, {})
        found.rows = sum(len(rows) for _, rows in before.values())
        entries = project.run("status")["migrations"]
        found.states = [f"{entry['version']} {entry['state']}" for entry in entries]
        found.cure = _cure(entries)
        if not found.cure:
            found.faults.append("status names nothing to cure")
        else:
            found.faults += _cured(project, found)
        if _rows(database, before) != before:
            found.faults.append("rows are not what they were")
    shutil.rmtree(workdir)
    return found


def _cure(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the one command that status points at."""
    missing = [entry for entry in entries if entry["state"] == "missing-file"]
    if any(entry["state"] == "relabelled" for entry in entries):
        return ["reconcile", "--yes"]
    if any("holds no text" in entry["reason"] for entry in missing):
        return ["reconcile", "--from-schema", missing[0]["version"], "--yes"]
    return ["fetch"] if missing else []


def _cured(project: Project, found: Mismatch) -> Sequence[str]:
    for arguments in (found.cure, ["push", "--yes"]):
        document = project.run(*arguments)
        if document["error"] is not None:
            return [f"sbapply {arguments[0]}: {document['error']['message']}"]
        found.applied += [each["version"] for each in document.get("applied", [])]
    left = [entry for entry in project.run("status")["migrations"] if entry["state"] not in _AT_REST]
    faults = [f"{entry['version']} is still {entry['state']}" for entry in left]
    if project.run("diff")["outcome"] != "equal":
        faults.append("the project is not what the files say")
    return faults


def _rows(database: Database, like: Rows) -> Rows:
    """Return the rows of every table in public, or those tables and columns that ``like`` names."""
    tables = [
        (f"{quote_identifier(str(row['schema']))}.{quote_identifier(str(row['name']))}", row["columns"])
        for row in database.run(_COLUMNS)
    ]
    found = {}
    for table, columns in tables:
        if like and table not in like:
            continue
        wanted = like[table][0] if like else [str(column) for column in columns or ()]
        listed = ", ".join(map(quote_identifier, wanted))
        rows = database.run(
            f"select pg_catalog.to_jsonb(told)::text as row from (select {listed} from {table}) as told"
        )
        found[table] = (wanted, sorted(str(row["row"]) for row in rows))
    return found
