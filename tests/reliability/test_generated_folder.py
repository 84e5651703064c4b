"""Push a folder that holds what real ones hold; the end is psql's, and the history is the contract's."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from postgast import fingerprint, split
from scripts.corpus_ends import End, Mask, differences, read_end
from scripts.corpus_official import fetched, listed_as_applied
from scripts.corpus_psql import run_file

from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.server import serving
from sbapply.sandbox.settings import Sandbox
from tests.conftest import _postgres_15 as postgres_15
from tests.reliability.folder_cases import MOVING
from tests.reliability.folder_generator import GeneratedFile, GeneratedFolder, generate

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(300)]

# Another one writes another folder: names, versions, orders and sizes.
SEED = int(os.environ.get("SBAPPLY_FOLDER_SEED", "20261125"))


@dataclass(frozen=True)
class Pushed:
    """Hold a folder that was pushed by the program, and the project it was pushed to."""

    folder: GeneratedFolder
    workdir: Path
    server: Server
    environment: dict[str, str]
    status: int
    document: dict[str, Any]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the history, in order."""
        database = LocalDatabase(self.server.conninfo())
        return [
            dict(row)
            for row in database.run(
                "select version, name, to_jsonb(statements) as statements "
                'from supabase_migrations.schema_migrations order by version collate "C"'
            )
        ]


def run_program(workdir: Path, environment: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "sbapply", *arguments, "--output", "json"],
        cwd=workdir,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module", params=[18, 15])
def version(request: pytest.FixtureRequest) -> Iterator[int]:
    """Make every server of this module one of this major version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SBAPPLY_PG_BIN", raising=False)
        if request.param == 15:
            patch.setenv("SBAPPLY_PG_BIN", postgres_15())
        yield int(request.param)


@pytest.fixture(scope="module")
def pushed(sbapply_home: Path, version: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushed]:
    workdir = tmp_path_factory.mktemp(f"generated-{version}")
    # Before 18 a server offers no extensions from elsewhere, so the stand-ins of these are not there.
    without = frozenset() if version >= 18 else frozenset({"cron", "queues"})
    folder = generate(SEED, workdir / "supabase" / "migrations", without=without)
    settings = Sandbox(token="sbp_" + "0102030405" * 4, requests_per_minute=None)
    with ExitStack() as stack:
        server = stack.enter_context(scratch_engine())
        served = stack.enter_context(serving(SandboxHandler(settings, lambda role: server.conninfo(user=role))))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(workdir),
            "SBAPPLY_HOME": str(sbapply_home),
            "SBAPPLY_API_URL": served.url,
            "SUPABASE_ACCESS_TOKEN": settings.token,
            "SUPABASE_PROJECT_REF": settings.ref,
        }
        status, document = run_program(workdir, environment, "push", "--yes", "--no-rehearse", "--no-verify")
        yield Pushed(folder, workdir, server, environment, status, document)


@pytest.fixture(scope="module")
def psql_end(pushed: Pushed) -> End:
    """Return the end of running every file with psql, each in a session of its own."""
    with scratch_engine() as server:
        for file in pushed.folder.migrations:
            error = run_file(server, file.path, single=file.case.single)
            assert error is None, (file.path.name, error)
        return read_end(server)


def test_every_migration_is_applied_once_in_order(pushed: Pushed) -> None:
    assert pushed.document["error"] is None
    assert (pushed.status, pushed.document["outcome"], pushed.document["pending"]) == (0, "applied", [])
    expected = [{"version": file.version, "name": file.name} for file in pushed.folder.migrations]
    assert pushed.document["applied"] == expected


def test_the_end_is_that_of_psql(pushed: Pushed, psql_end: End) -> None:
    assert "\n".join(differences(psql_end, read_end(pushed.server), Mask(MOVING))) == ""


def test_verify_and_diff_find_nothing_straight_after_the_push(pushed: Pushed) -> None:
    _, verified = run_program(pushed.workdir, pushed.environment, "verify")
    _, compared = run_program(pushed.workdir, pushed.environment, "diff")

    assert verified["error"] is None
    assert [claim for claim in verified["claims"] if claim["status"] in {"differs", "missing"}] == []
    assert sum(claim["status"] == "confirmed" for claim in verified["claims"]) > 50
    assert compared["error"] is None
    assert compared["differences"] == []


def test_the_comparison_sees_what_it_is_for(pushed: Pushed, psql_end: End) -> None:
    changes = {
        "revoke select on public.secrets from authenticated": "-GRANT ALL ON TABLE public.secrets TO authenticated",
        "update public.notes set body = 'other' where id = 100": "-100\ta\\r\\nb",
        "insert into public.wrapped values (2)": "+2",
        "select nextval('public.numbers')": "+SELECT pg_catalog.setval('public.numbers', 8",
        "drop index public.notes_both": "-CREATE INDEX notes_both",
        "alter role anon set statement_timeout to '4s'": "+ALTER ROLE anon SET statement_timeout TO '4s'",
    }
    if "cron" in {file.case.label for file in pushed.folder.migrations}:
        changes["update cron.job set schedule = '1 1 * * *'"] = "+1\t1 1 * * *"
    owner = LocalDatabase(pushed.server.conninfo(user="supabase_admin", database="template1"))
    owner.run("create database changed template postgres")
    changed = LocalDatabase(pushed.server.conninfo(database="changed", user="supabase_admin"))
    for change in changes:
        changed.run(change)
    seen = differences(psql_end, read_end(pushed.server, "changed"), Mask(MOVING))
    owner.run("alter role anon set statement_timeout to '3s'")
    owner.run("drop database changed")
    for change, line in changes.items():
        assert any(each.startswith(line) for each in seen), (change, seen)


def test_the_history_is_what_the_contract_says(pushed: Pushed) -> None:
    rows = pushed.rows
    found = [(row["version"], row["name"]) for row in rows]
    assert found == [(file.version, file.name) for file in pushed.folder.migrations]
    for row, file in zip(rows, pushed.folder.migrations, strict=True):
        for statement in row["statements"]:
            assert statement == statement.strip().rstrip(";").rstrip(), file.name
        # What `migration fetch` writes from it runs the same statements.
        fetched = "".join(f"{statement};\n" for statement in row["statements"])
        assert prints_of(fetched) == prints_of(text_of(file)), file.name


def test_comments_are_kept_in_the_history(pushed: Pushed) -> None:
    kept = {
        file.case.label: row["statements"] for file, row in zip(pushed.folder.migrations, pushed.rows, strict=True)
    }
    assert any("“déjà vu”" in statement for statement in kept["emoji"])
    assert any("-- slow" in statement for statement in kept["concurrently_mixed"])


def test_what_is_no_migration_is_listed_and_not_run(pushed: Pushed) -> None:
    _, status = run_program(pushed.workdir, pushed.environment, "status")
    skipped = {each["file"] for each in status["migrations"] if each["state"] == "skipped"}
    for other in pushed.folder.others:
        top = other.split("/", 1)[0]
        assert any(file.endswith(f"/{top}") for file in skipped) or not top.endswith(".sql"), other
    assert {each["state"] for each in status["migrations"]} == {"applied", "skipped"}


def test_a_second_push_has_nothing_to_do(pushed: Pushed) -> None:
    status, document = run_program(
        pushed.workdir, pushed.environment, "push", "--yes", "--no-rehearse", "--no-verify"
    )
    assert (status, document["outcome"], document["applied"]) == (0, "nothing-to-do", [])


def test_no_table_of_the_engine_is_left_full(pushed: Pushed) -> None:
    database = LocalDatabase(pushed.server.conninfo())
    left = database.run(
        "select relname from pg_class where relnamespace = 'supabase_migrations'::regnamespace "
        "and relkind = 'r' and relname like 'sbapply%'"
    )
    for each in left:
        assert database.run(f"select count(*) as n from supabase_migrations.{each['relname']}")[0]["n"] == 0


def test_a_migration_that_fails_late_is_told_by_line_behind_multi_byte_text(pushed: Pushed, tmp_path: Path) -> None:
    workdir = tmp_path / "broken"
    migrations = workdir / "supabase" / "migrations"
    shutil.copytree(pushed.workdir / "supabase" / "migrations", migrations)
    text = "-- 🚀🚀 „Ünïcödé“\r\nselect 1;\r\n\r\n  select '🧑‍🚀', nowhere from public.notes;\r\n"
    (migrations / "20991231_broken.sql").write_bytes(text.encode())
    status, document = run_program(workdir, pushed.environment, "push", "--yes", "--no-rehearse", "--no-verify")
    error = document["error"]
    assert (status, document["outcome"], document["applied"]) == (1, "failed", [])
    assert (error["sqlstate"], error["version"]) == ("42703", "20991231")
    assert error["file"].endswith("20991231_broken.sql")
    assert error["line"] in (4, None)
    assert "20991231" not in {row["version"] for row in pushed.rows}


@pytest.mark.conformance
def test_the_official_cli_lists_every_version_as_applied(pushed: Pushed) -> None:
    versions = [file.version for file in pushed.folder.migrations]
    assert listed_as_applied(pushed.server, pushed.workdir, versions) == []


@pytest.mark.conformance
def test_what_the_official_cli_fetches_leads_to_the_same_end(pushed: Pushed, psql_end: End, tmp_path: Path) -> None:
    files = fetched(pushed.server, tmp_path / "fetched")
    assert [file.name for file in files] == [file.path.name for file in pushed.folder.migrations]
    single = {file.path.name for file in pushed.folder.migrations if file.case.single}
    with scratch_engine() as server:
        for file in files:
            assert run_file(server, file, single=file.name in single) is None, file.name
        assert "\n".join(differences(psql_end, read_end(server), Mask(MOVING))) == ""


def text_of(file: GeneratedFile) -> str:
    return file.case.text


def prints_of(sql: str) -> list[str]:
    return [str(fingerprint(statement)) for statement in split(sql) if statement.strip(" \t\r\n;")]
