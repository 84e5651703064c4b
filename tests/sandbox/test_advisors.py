"""The sandbox's advisors look at its Postgres, and its other routes have the platform's shapes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sbapply.api.client import ApiClient
from sbapply.api.status import STAGES
from sbapply.auth.token import Token
from sbapply.errors import ConfigurationError
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.settings import Sandbox
from sbapply.sandbox.transport import SandboxTransport
from tests.conftest import new_database

SHARED = Path(__file__).resolve().parents[3] / "shared" / "api"


def shared(name: str) -> Any:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: the API's own documents are no part of the project")
    return json.loads(path.read_text("utf-8"))


class Project:
    """Be a fresh project behind a handler."""

    def __init__(self, server: Server, **settings: Any) -> None:
        name = new_database(server)
        self.settings = Sandbox(**settings)
        handler = SandboxHandler(self.settings, lambda role: server.conninfo(user=role, database=name))
        self.database = LocalDatabase(server.conninfo(user="postgres", database=name))
        self.client = ApiClient(
            Token(self.settings.token, "a test"),
            api_url="http://localhost",
            transport=SandboxTransport(handler),
        )

    def get(self, path: str) -> httpx.Response:
        answer = self.client.send("GET", f"/v1/projects/{self.settings.ref}/{path}", timeout=20.0)
        return httpx.Response(answer.status, content=answer.body)

    def post(self, path: str, **body: Any) -> httpx.Response:
        answer = self.client.send("POST", f"/v1/projects/{self.settings.ref}/{path}", body, timeout=20.0)
        return httpx.Response(answer.status, content=answer.body)

    def found(self, advisor: Any) -> set[tuple[str, str | None]]:
        lints = self.client.lints(self.settings.ref, advisor, timeout=20.0)
        return {(lint.name, lint.metadata.name) for lint in lints}


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def project(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Project:
    return Project(engine_of(request.param))


def test_a_fresh_project_has_no_findings(project: Project) -> None:
    assert project.found("security") == set()
    assert project.found("performance") == set()


def test_tables_without_row_level_security_are_found(project: Project) -> None:
    project.database.run(
        "create table open (id int); "
        "create table shut (id int); alter table shut enable row level security; "
        "create table policed (id int); alter table policed enable row level security; "
        "create policy anyone on policed using (true); "
        "create table forgotten (id int); create policy anyone on forgotten using (true); "
        "create schema own; create table own.hidden (id int)"
    )
    assert project.found("security") == {
        ("rls_disabled_in_public", "open"),
        ("rls_disabled_in_public", "forgotten"),
        ("policy_exists_rls_disabled", "forgotten"),
        ("rls_enabled_no_policy", "shut"),
    }


def test_foreign_keys_without_an_index_are_found(project: Project) -> None:
    project.database.run(
        "create schema own; set search_path to own; "
        "create table a (x int, y int, primary key (x, y)); "
        "create table bare (x int, y int, foreign key (x, y) references a); "
        "create table covered (x int, y int, z int, foreign key (x, y) references a); "
        "create index on covered (y, x, z); "
        "create table partly (x int, y int, foreign key (x, y) references a); create index on partly (x); "
        "create table filtered (x int, y int, foreign key (x, y) references a); "
        "create index on filtered (x, y) where x > 0"
    )
    found = project.found("performance")
    assert {each for each in found if each[0] == "unindexed_foreign_keys"} == {
        ("unindexed_foreign_keys", "bare"),
        ("unindexed_foreign_keys", "partly"),
        ("unindexed_foreign_keys", "filtered"),
    }
    lints = project.client.lints(project.settings.ref, "performance", timeout=20.0)
    assert "unindexed_foreign_keys_own_bare_bare_x_y_fkey" in {lint.cache_key for lint in lints}


def test_indexes_that_are_the_same_are_found(project: Project) -> None:
    project.database.run(
        "create schema own; set search_path to own; create table a (x int, y text, z int primary key); "
        "create index one on a (x); create index two on a (x); "
        "create index other on a (x desc); create unique index sole on a (x); "
        "create index part on a (x) where x > 0; create index low on a (lower(y)); create index up on a (upper(y))"
    )
    (lint,) = project.client.lints(project.settings.ref, "performance", timeout=20.0)
    assert (lint.name, lint.level) == ("duplicate_index", "WARN")
    assert "{one,two}" in lint.detail


def test_tables_of_an_extension_are_nobodys_finding(project: Project) -> None:
    before = project.found("security")
    project.database.run("create schema if not exists ext; create extension if not exists hstore schema ext")
    assert project.found("security") == before


def test_findings_have_the_shape_of_the_document(project: Project) -> None:
    project.database.run("create table open (id int)")
    lints = project.get("advisors/security").json()["lints"]
    schema = shared("management-api-v1.openapi.json")["components"]["schemas"]["V1ProjectAdvisorsResponse"]
    properties = schema["properties"]["lints"]["items"]["properties"]
    (lint,) = lints
    assert set(lint) == set(properties)
    for key in ("name", "level", "facing"):
        assert lint[key] in properties[key]["enum"]
    assert lint["metadata"]["type"] in properties["metadata"]["properties"]["type"]["enum"]


def test_the_history_is_listed_and_an_absent_one_is_empty(project: Project) -> None:
    assert project.get("database/migrations").json() == []
    project.database.run("create schema supabase_migrations")
    project.database.run("create table supabase_migrations.schema_migrations (version text primary key)")
    project.database.run("insert into supabase_migrations.schema_migrations values ('2'), ('1')")
    assert [row["version"] for row in project.get("database/migrations").json()] == ["1", "2"]
    project.database.run("alter table supabase_migrations.schema_migrations add name text")
    project.database.run("update supabase_migrations.schema_migrations set name = 'a' where version = '1'")
    assert project.get("database/migrations").json() == [
        {"version": "1", "name": "a"},
        {"version": "2", "name": None},
    ]


def test_a_migration_that_is_posted_is_a_row_with_the_whole_text_and_a_version_of_the_clock(
    project: Project,
) -> None:
    text = "create table a (id int);\ninsert into a values (1) -- one"

    assert project.post("database/migrations", query=text, name="a's").status_code == 200

    (row,) = project.database.run("select * from supabase_migrations.schema_migrations")
    assert (row["name"], row["statements"], row["rollback"]) == ("a's", [text], None)
    assert re.fullmatch(r"20\d{12}", str(row["version"]))
    assert project.database.run("select count(*)::int as n from a") == [{"n": 1}]


def test_a_migration_that_is_posted_and_fails_leaves_no_row(project: Project) -> None:
    answer = project.post(
        "database/migrations", query="create table a (id int); select 1/0", rollback="drop table a"
    )
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Failed to apply database migration: ERROR:  22012")
    assert project.database.run("select to_regclass('a') is null as gone") == [{"gone": True}]
    assert project.get("database/migrations").json() == []
    assert project.post("database/migrations", query="select 1", name=1).status_code == 400


def test_what_the_sandbox_does_not_have_is_empty_and_not_an_error(project: Project) -> None:
    ref = project.settings.ref
    assert project.client.branches(ref, timeout=5.0) == ()
    assert not project.client.read_only_mode(ref, timeout=5.0).enabled
    assert project.client.backups(ref, timeout=5.0).backups == ()
    assert {key["name"] for key in project.get("api-keys").json()} == {"anon", "service_role"}


@pytest.mark.parametrize("status", STAGES)
def test_a_project_can_have_every_status(engine_of: Callable[[int], Server], status: str) -> None:
    project = Project(engine_of(18), status=status)
    ref = project.settings.ref
    assert project.client.project(ref, timeout=5.0).status == status
    answer = project.client.send("POST", f"/v1/projects/{ref}/database/query", {"query": "select 1"}, timeout=5.0)
    assert answer.status == (201 if status == "ACTIVE_HEALTHY" else 544)


def test_a_status_that_the_platform_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ASLEEP"):
        Sandbox(status="ASLEEP")
