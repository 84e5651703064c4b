"""Models, statuses and permissions are those of the API's OpenAPI document and of its recorded answers."""

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sbapply.api.advisors import Lint, Lints
from sbapply.api.backups import Backup, Backups
from sbapply.api.branches import Branch, BranchDetail
from sbapply.api.client import ApiClient
from sbapply.api.health import ReadOnlyMode, ServiceHealth
from sbapply.api.models import Organization, Profile, ProjectBody
from sbapply.api.permissions import NEEDS, need_of
from sbapply.api.status import STAGES, Stage, stage_of
from sbapply.auth.token import Token
from sbapply.errors import Forbidden, OutcomeUnknown

SHARED = Path(__file__).resolve().parents[3] / "shared" / "api"
REF = "abcdefghijklmnopqrst"
PROJECT = f"/v1/projects/{REF}"
TYPES = {str: {"string"}, int: {"integer"}, bool: {"boolean"}}


def shared(name: str) -> Any:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: the API's own documents are no part of the project")
    return json.loads(path.read_text("utf-8"))


def openapi() -> Any:
    return shared("management-api-v1.openapi.json")


def resolved(document: Any, schema: Any) -> Any:
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def answer_schema(document: Any, path: str) -> Any:
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = resolved(document, schema)
    return resolved(document, schema["items"]) if schema.get("type") == "array" else schema


def mismatches(document: Any, kind: Any, schema: Any, where: str = "") -> list[str]:
    """Return where ``kind`` reads what ``schema`` does not promise."""
    schema = resolved(document, schema)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [each for each in typing.get_args(kind) if each is not type(None)]
        return mismatches(document, inner, schema, where)
    if origin is tuple:
        return mismatches(document, typing.get_args(kind)[0], schema.get("items", {}), where + "[]")
    if not dataclasses.is_dataclass(kind):
        return [] if schema.get("type") in TYPES[kind] else [f"{where}: {schema.get('type')} read as {kind}"]
    found: list[str] = []
    hints = typing.get_type_hints(kind)
    for each in dataclasses.fields(kind):
        if each.name not in schema["properties"]:
            found.append(f"{where}.{each.name} is not there")
            continue
        needed = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if needed and each.name not in schema.get("required", []):
            found.append(f"{where}.{each.name} is read as required")
        found += mismatches(document, hints[each.name], schema["properties"][each.name], f"{where}.{each.name}")
    return found


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/organizations", Organization),
        ("/v1/profile", Profile),
        ("/v1/projects", ProjectBody),
        ("/v1/projects/{ref}", ProjectBody),
        ("/v1/projects/{ref}/branches", Branch),
        ("/v1/branches/{branch_id_or_ref}", BranchDetail),
        ("/v1/projects/{ref}/health", ServiceHealth),
        ("/v1/projects/{ref}/readonly", ReadOnlyMode),
        ("/v1/projects/{ref}/advisors/security", Lints),
        ("/v1/projects/{ref}/advisors/performance", Lints),
        ("/v1/projects/{ref}/database/backups", Backups),
    ],
)
def test_every_field_that_is_read_is_promised_with_its_type(path: str, kind: type) -> None:
    document = openapi()
    assert mismatches(document, kind, answer_schema(document, path)) == []


def test_the_comparison_with_the_document_finds_what_is_wrong() -> None:
    @dataclasses.dataclass
    class Wrong:
        nme: str
        region: int
        database: str

    document = openapi()
    found = mismatches(document, Wrong, answer_schema(document, "/v1/projects/{ref}"))
    assert len(found) == 3


@pytest.mark.parametrize("schema", ["V1ProjectWithDatabaseResponse", "BranchDetailResponse", "V1ProjectResponse"])
def test_every_status_of_the_document_is_known(schema: str) -> None:
    statuses = openapi()["components"]["schemas"][schema]["properties"]["status"]["enum"]
    assert set(statuses) == set(STAGES)


def test_a_status_that_is_not_known_yet_does_not_stand_in_the_way() -> None:
    assert stage_of("SOMETHING_NEW") is Stage.UP


@pytest.mark.parametrize("operation", list(NEEDS), ids=" ".join)
def test_every_permission_is_the_documents(operation: tuple[str, str]) -> None:
    method, path = operation
    security = openapi()["paths"][path][method.lower()]["security"]
    named = {name for each in security for name in each.get("fga_permissions", [])}
    assert set(NEEDS[operation].names) == named


@pytest.mark.parametrize(
    ("method", "path", "need"),
    [
        ("POST", f"{PROJECT}/database/query", "database_read and database_write"),
        ("POST", f"{PROJECT}/database/query/read-only", "database_read"),
        ("GET", PROJECT, "project_admin_read"),
        ("GET", "/v1/projects", "projects_read"),
        ("GET", f"{PROJECT}/branches", "branching_development_read or branching_production_read"),
        ("GET", f"{PROJECT}/advisors/security", "advisors_read"),
        ("GET", "/v1/profile", "None"),
        ("DELETE", PROJECT, "None"),
    ],
)
def test_what_a_request_needs_is_found_by_its_path(method: str, path: str, need: str) -> None:
    assert str(need_of(method, path)) == need


def client_of(answers: dict[str, Any], asked: list[str] | None = None) -> ApiClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(str(request.url))
        value = answers.get(request.url.path)
        if value is None:
            return httpx.Response(403, json={"message": "Forbidden resource"})
        return httpx.Response(200, json=value)

    return ApiClient(Token("sbp_x", "a test"), transport=httpx.MockTransport(answer))


def recorded(name: str) -> Any:
    return shared(f"recorded/GET_v1_{name}.response.json")["body"]


def test_recorded_answers_are_read() -> None:
    answers = {
        "/v1/organizations": recorded("organizations"),
        "/v1/projects": recorded("projects"),
        f"{PROJECT}/branches": recorded("projects___PROJECT_REF___branches"),
        f"/v1/branches/{REF}": recorded("branches___PROJECT_REF__"),
        f"{PROJECT}/advisors/security": recorded("projects___PROJECT_REF___advisors_security"),
        f"{PROJECT}/advisors/performance": recorded("projects___PROJECT_REF___advisors_performance"),
        f"{PROJECT}/database/backups": recorded("projects___PROJECT_REF___database_backups"),
    }
    with client_of(answers) as client:
        assert [each.name for each in client.organizations(timeout=1.0)] == ["Example Org", "CLIPort-TEST"]
        projects = client.projects(timeout=1.0)
        assert [(each.name, each.status, each.postgres) for each in projects] == [
            ("Example Project", "ACTIVE_HEALTHY", "17.6.1.084"),
            ("cli-e2e-test", "ACTIVE_HEALTHY", "17.6.1.111"),
        ]
        assert client.branches(REF, timeout=1.0) == ()
        assert client.branch(REF, timeout=1.0).postgres_version == "15.1.1.78"
        assert client.lints(REF, "security", timeout=1.0) == ()
        (lint,) = client.lints(REF, "performance", timeout=1.0)
        assert (lint.name, lint.level, lint.metadata.type) == ("auth_db_connections_absolute", "INFO", "auth")
        assert client.backups(REF, timeout=1.0) == Backups("us-east-1", False, True, ())


def test_what_is_not_recorded_is_read_as_the_document_has_it() -> None:
    branch = {
        "id": "b",
        "name": "main",
        "project_ref": REF,
        "parent_project_ref": "p",
        "is_default": True,
        "persistent": True,
        "status": "MIGRATIONS_PASSED",
        "created_at": "2026-01-01",
        "preview_project_status": "INACTIVE",
    }
    backup = {"id": 7, "is_physical_backup": True, "status": "COMPLETED", "inserted_at": "2026-01-01", "new": 1}
    asked: list[str] = []
    answers = {
        f"{PROJECT}/branches": [branch],
        f"{PROJECT}/health": [{"name": "db", "healthy": False, "status": "UNHEALTHY", "error": "no"}],
        f"{PROJECT}/readonly": {"enabled": True, "override_enabled": False, "override_active_until": "x"},
        f"{PROJECT}/database/backups": {
            "region": "x",
            "pitr_enabled": True,
            "walg_enabled": True,
            "backups": [backup],
            "physical_backup_data": {"earliest_physical_backup_date_unix": 5},
        },
    }
    with client_of(answers, asked) as client:
        (found,) = client.branches(REF, timeout=1.0)
        assert (found.preview_project_status, found.git_branch) == ("INACTIVE", None)
        assert client.health(REF, ["db", "rest"], timeout=1.0) == (ServiceHealth("db", False, "UNHEALTHY", "no"),)
        assert asked[-1].endswith("?services=db&services=rest")
        assert client.read_only_mode(REF, timeout=1.0).enabled
        backups = client.backups(REF, timeout=1.0)
        assert backups.backups == (Backup(7, True, "COMPLETED", "2026-01-01"),)
        assert backups.physical_backup_data.earliest_physical_backup_date_unix == 5


READS: dict[str, Callable[[ApiClient], object]] = {
    "organizations_read": lambda client: client.organizations(timeout=1.0),
    "projects_read": lambda client: client.projects(timeout=1.0),
    "project_admin_read": lambda client: client.project(REF, timeout=1.0),
    "branching_development_read": lambda client: client.branches(REF, timeout=1.0),
    "branching_production_read": lambda client: client.branch(REF, timeout=1.0),
    "database_readonly_config_read": lambda client: client.read_only_mode(REF, timeout=1.0),
    "advisors_read": lambda client: client.lints(REF, "security", timeout=1.0),
    "backups_read": lambda client: client.backups(REF, timeout=1.0),
    "database_read": lambda client: client.query(REF, "select 1", read_only=True),
    "database_write": lambda client: client.query(REF, "select 1"),
}


@pytest.mark.parametrize("permission", READS)
def test_a_403_names_the_permission_that_is_missing(permission: str) -> None:
    with client_of({}) as client, pytest.raises(Forbidden) as caught:
        READS[permission](client)
    assert permission in caught.value.next_step


@pytest.mark.parametrize("body", [None, "x", {"lints": 1}, {"lints": [{"name": "x"}]}, [[]]])
def test_another_shape_is_said_at_once_with_its_place(body: object) -> None:
    answers = {f"{PROJECT}/advisors/security": body if body is not None else {}}
    with client_of(answers) as client, pytest.raises(OutcomeUnknown, match="another shape") as caught:
        client.lints(REF, "security", timeout=1.0)
    assert caught.value.lasting


def test_passwords_in_a_branchs_answer_are_not_kept() -> None:
    body = recorded("branches___PROJECT_REF__")
    with client_of({f"/v1/branches/{REF}": body}) as client:
        assert "password" not in repr(client.branch(REF, timeout=1.0))
    assert not {each.name for each in dataclasses.fields(BranchDetail)} & {"db_pass", "jwt_secret"}
    assert {each.name for each in dataclasses.fields(Lint)} >= {"cache_key", "level"}
