"""Push and prove the project's own migrations, as a user does, on a Postgres of each kind."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sbapply.errors import SqlError
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.server import serving
from sbapply.sandbox.settings import Sandbox
from tests.conftest import new_database

ROOT = Path(__file__).parent.parent

Conninfo = Callable[[str], str]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module", params=[18, 15], ids=["on 18", "on 15"])
def project(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Conninfo:
    """Return how a role connects to the project; the rehearsal is always on the embedded 18."""
    server = engine_of(request.param)
    name = new_database(server)
    return lambda role: server.conninfo(user=role, database=name)


@pytest.fixture(scope="module")
def sbapply(project: Conninfo, tmp_path_factory: pytest.TempPathFactory, sbapply_home: Path) -> Iterator[Run]:
    """Run the program in a copy of the project's folder, against the project behind HTTP."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "supabase" / "migrations", folder / "supabase" / "migrations")
    settings = Sandbox(requests_per_minute=None)
    with serving(SandboxHandler(settings, project)) as server:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "SBAPPLY_HOME": str(sbapply_home),
            "SBAPPLY_API_URL": server.url,
            "SUPABASE_ACCESS_TOKEN": settings.token,
            "SUPABASE_PROJECT_REF": settings.ref,
        }

        def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
            command = [sys.executable, "-m", "sbapply", *arguments]
            return subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=60
            )

        yield run


@pytest.fixture(scope="module")
def pushed(sbapply: Run) -> dict[str, Any]:
    done = sbapply("push", "--yes", "--output", "json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def claims(pushed: Mapping[str, Any], sbapply: Run) -> dict[str, Any]:
    done = sbapply("verify", "--output", "json")
    assert done.returncode == 0, done.stderr
    return {claim["object"]: claim for claim in json.loads(done.stdout)["claims"]}


def test_a_push_applies_both_migrations_in_three_requests_and_proves_them(pushed: Mapping[str, Any]) -> None:
    assert pushed["outcome"] == "applied"
    assert [each["version"] for each in pushed["applied"]] == ["0001", "0046"]
    assert pushed["requests"] == 3
    assert pushed["verification"]["outcome"] == "confirmed"
    assert pushed["verification"]["differs"] == pushed["verification"]["not_probed"] == 0
    assert pushed["verification"]["confirmed"] == pushed["verification"]["claims"] >= 20


def test_the_status_column_is_what_the_migration_says(claims: Mapping[str, Any]) -> None:
    claim = claims["public.meal_plans.generation_status"]
    assert claim["status"] == "confirmed"
    assert claim["version"] == "0046"
    assert claim["found"]["data_type"] == "text"
    assert claim["found"]["is_nullable"] == "NO"
    assert claim["found"]["column_default"] == "'idle'::text"
    assert "information_schema.columns" in claim["query"]


def test_rows_that_were_there_before_read_idle(claims: Mapping[str, Any]) -> None:
    rows = claims["public.meal_plans.generation_status"]["rows"]
    assert (rows["rows"], rows["nulls"], rows["at_default"]) == (3, 0, 3)


def test_the_error_column_is_nullable_text_and_null_in_rows_that_were_there(claims: Mapping[str, Any]) -> None:
    claim = claims["public.meal_plans.generation_error"]
    assert claim["status"] == "confirmed"
    assert claim["found"]["data_type"] == "text"
    assert claim["found"]["is_nullable"] == "YES"
    assert (claim["rows"]["rows"], claim["rows"]["nulls"]) == (3, 3)


def test_the_constraint_is_there_and_refuses_a_wrong_value(claims: Mapping[str, Any]) -> None:
    assert claims["public.meal_plans.meal_plans_generation_status_check"]["found"]["validated"] is True
    probe = claims["public.meal_plans.meal_plans_generation_status_check (probe)"]
    assert probe["status"] == "confirmed"
    assert probe["found"]["sqlstate"] == "23514"
    assert probe["found"]["constraint"] == "meal_plans_generation_status_check"


def test_the_version_rows_are_in_the_history(claims: Mapping[str, Any]) -> None:
    for version in ("0001", "0046"):
        assert claims[f"supabase_migrations.schema_migrations[{version}]"]["status"] == "confirmed"


def test_the_probe_leaves_the_rows_alone(claims: Mapping[str, Any], project: Conninfo) -> None:
    del claims
    (row,) = LocalDatabase(project("postgres")).run(
        "select count(*) filter (where generation_status = 'idle' and generation_error is null) as idle,"
        " count(*) as rows from public.meal_plans"
    )
    assert row == {"idle": 3, "rows": 3}


def test_the_constraint_admits_the_four_states_and_nothing_else(
    claims: Mapping[str, Any], project: Conninfo
) -> None:
    del claims
    database = LocalDatabase(project("postgres"))
    write = "begin; update public.meal_plans set generation_status = '{}'; rollback"
    for state in ("idle", "generating", "complete", "error"):
        database.run(write.format(state))
    for state in ("done", "", "IDLE", "idle "):
        with pytest.raises(SqlError) as refused:
            database.run(write.format(state))
        assert refused.value.sqlstate == "23514"


def test_pushed_again_it_only_verifies(pushed: Mapping[str, Any], sbapply: Run) -> None:
    del pushed
    done = sbapply("push", "--yes", "--output", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["outcome"] == "nothing-to-do"
    assert document["applied"] == []
    assert document["verification"]["outcome"] == "confirmed"


def test_the_file_can_run_again_by_hand(pushed: Mapping[str, Any], project: Conninfo, sbapply: Run) -> None:
    del pushed
    text = (ROOT / "supabase/migrations/0046_meal_plan_generation_status.sql").read_text(encoding="utf-8")
    LocalDatabase(project("postgres")).run(text)
    assert sbapply("verify").returncode == 0
