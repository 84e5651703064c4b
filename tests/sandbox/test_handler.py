"""Check the sandbox's outside against the API's OpenAPI document and recorded answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sbapply.errors import ConfigurationError
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import Limits
from sbapply.sandbox.handler import SandboxHandler, SandboxRequest
from sbapply.sandbox.settings import Sandbox, SandboxBranch
from sbapply.sandbox.transport import SandboxTransport

SHARED = Path(__file__).resolve().parents[3] / "shared" / "api"
REF = "sandboxsandboxsandbx"
TOKEN = "sbp_" + "5a" * 20
QUERY = f"/v1/projects/{REF}/database/query"
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(sbapply_home: Path) -> Iterator[Server]:
    with scratch_engine() as server:
        yield server


class Api:
    """Ask a handler as a client does."""

    def __init__(self, server: Server | None = None, *, monotonic: Any = lambda: 0.0, **settings: Any) -> None:
        self.handler = SandboxHandler(
            Sandbox(**{"token": TOKEN} | settings), self._conninfo(server), monotonic=monotonic, now=lambda: NOON
        )
        self.client = httpx.Client(
            transport=SandboxTransport(self.handler),
            base_url="http://sandbox.invalid",
            headers={"authorization": f"Bearer {TOKEN}"},
        )

    @staticmethod
    def _conninfo(server: Server | None) -> Any:
        return (lambda role: server.conninfo(user=role)) if server else (lambda role: "host=/nowhere")

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def query(self, sql: str, path: str = QUERY, **body: Any) -> httpx.Response:
        return self.client.post(path, json={"query": sql, **body})


@pytest.fixture
def api(project: Server) -> Api:
    return Api(project)


def shared(name: str) -> Any:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: the API's recorded answers are no part of the project")
    return json.loads(path.read_text("utf-8"))


def test_a_query_answers_as_the_recorded_one(api: Api) -> None:
    recorded = shared("recorded/POST_v1_projects___PROJECT_REF___database_query.response.json")
    response = api.query("select 1")
    assert response.status_code == recorded["status"]
    assert response.json() == recorded["body"]
    for name, value in recorded["headers"].items():
        assert name in response.headers
        assert response.headers[name] == value or name == "x-gotrue-id"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/projects", "GET_v1_projects.response.json"),
        (f"/v1/projects/{REF}", "GET_v1_projects___PROJECT_REF__.response.json"),
        ("/v1/organizations", "GET_v1_organizations.response.json"),
    ],
)
def test_lists_have_the_shape_of_the_recorded_ones(path: str, name: str) -> None:
    recorded = shared(f"recorded/{name}")
    response = Api().get(path)
    assert response.status_code == recorded["status"]
    assert set(recorded["headers"]) <= set(response.headers)
    assert shape(response.json()) == shape(recorded["body"])


def shape(value: Any) -> Any:
    """Return ``value`` with types in the place of scalars and one element in each list."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])]
    return type(value).__name__


def test_routes_have_the_answers_that_the_document_describes(api: Api) -> None:
    schemas = shared("management-api-v1.openapi.json")["components"]["schemas"]
    answers = {
        "V1ProjectWithDatabaseResponse": api.get(f"/v1/projects/{REF}").json(),
        "OrganizationResponseV1": api.get("/v1/organizations").json()[0],
        "V1ProfileResponse": api.get("/v1/profile").json(),
        "V1ServiceHealthResponse": api.get(f"/v1/projects/{REF}/health?services=db").json()[0],
    }
    for name, answer in answers.items():
        assert set(schemas[name]["required"]) <= set(answer) <= set(schemas[name]["properties"])
        for key, value in answer.items():
            assert value in schemas[name]["properties"][key].get("enum", [value])


def test_sql_runs_as_postgres_and_read_only_sql_as_its_own_role(api: Api) -> None:
    whoami = "select current_user as me"
    assert api.query(whoami).json() == [{"me": "postgres"}]
    assert api.query(whoami, read_only=True).json() == [{"me": "supabase_read_only_user"}]
    assert api.query(whoami, path=f"{QUERY}/read-only").json() == [{"me": "supabase_read_only_user"}]
    refused = api.query("create table no (a int)", read_only=True)
    assert refused.status_code == 400
    assert "ERROR:  25006: cannot execute CREATE TABLE in a read-only transaction" in refused.json()["message"]


def test_an_error_of_sql_is_a_400_with_its_text_in_the_message(api: Api) -> None:
    response = api.query("select *\n  from nowhere")
    assert response.status_code == 400
    assert response.json() == {
        "message": 'Failed to run sql query: ERROR:  42P01: relation "nowhere" does not exist\n'
        "LINE 2:   from nowhere\n               ^\n"
    }


def test_the_platforms_comment_is_appended(api: Api) -> None:
    assert api.query("select current_query() as sql").json() == [
        {
            "sql": "select current_query() as sql\n\n-- source: POST /v1/projects/:ref/database/query\n"
            "-- user: pat:1\n-- date: 2026-03-01T12:00:00.123Z"
        }
    ]


def test_parameters_are_passed_on(api: Api) -> None:
    assert api.query("select $1::int + 1 as n", parameters=[41]).json() == [{"n": 42}]
    assert api.query("select 1 as a; select 2 as b", parameters=[]).json() == [{"b": 2}]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "Unauthorized"),
        ("Basic abc", "Unauthorized"),
        ("Bearer ", "Unauthorized"),
        ("Bearer sbp_wrong", "JWT could not be decoded"),
    ],
)
def test_without_the_token_nothing_is_answered(header: str, message: str) -> None:
    for path in (f"/v1/projects/{REF}", "/v1/projects", "/v1/profile"):
        response = Api().get(path, headers={"authorization": header})
        assert (response.status_code, response.json()) == (401, {"message": message})


def test_another_ref_is_forbidden_and_a_bad_one_refused() -> None:
    api = Api()
    foreign = api.query("select 1", path=QUERY.replace(REF, "a" * 20))
    assert foreign.status_code == 403
    assert foreign.json()["message"].startswith("Your account does not have the necessary privileges")
    assert api.get("/v1/projects/Too-Short").status_code == 400


def test_an_unknown_path_or_method_is_a_404_in_nests_words() -> None:
    assert Api().get("/v1/nothing").json() == {"message": "Cannot GET /v1/nothing"}
    assert Api().client.delete(QUERY).status_code == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "query: Invalid input: expected string, received undefined"),
        ({"query": None}, "query: Invalid input: expected string, received null"),
        ({"query": True}, "query: Invalid input: expected string, received boolean"),
        ({"query": ""}, "query: Too small: expected string to have >=1 characters"),
        ({"query": "x", "parameters": {}}, "parameters: Invalid input: expected array, received object"),
        ({"query": "x", "read_only": 1}, "read_only: Invalid input: expected boolean, received number"),
        ([], "query: Invalid input: expected string, received undefined"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(body: Any, message: str) -> None:
    response = Api().client.post(QUERY, json=body)
    assert (response.status_code, response.json()) == (400, {"message": message})


def test_a_body_that_is_no_json_is_refused() -> None:
    kind = {"content-type": "application/json"}
    for content in (b"{", b"[" * 100_000, b"\xff"):
        assert Api().client.post(QUERY, content=content, headers=kind).status_code == 400
    assert Api().client.post(QUERY, content=b'{"query":"x"}').status_code == 400


def test_a_body_over_the_limit_is_refused_by_whichever_limit_it_meets(project: Server) -> None:
    long = "select 1 -- " + "x" * 3_200_000
    assert Api(project).query(long).status_code == 413
    response = Api(project, body_bytes=10**7).query(long)
    assert (response.status_code, response.json()) == (
        500,
        {"message": "Failed to run sql query: Request body is too large"},
    )


def test_requests_are_counted_per_endpoint_and_minute() -> None:
    clock = [0.0]
    api = Api(monotonic=lambda: clock[0], requests_per_minute=3)
    remaining = [api.get("/v1/profile").headers["x-ratelimit-remaining"] for _ in range(3)]
    assert remaining == ["2", "1", "0"]
    clock[0] = 12.5
    refused = api.get("/v1/profile")
    assert (refused.status_code, refused.json()) == (429, {"message": "ThrottlerException: Too Many Requests"})
    assert (refused.headers["retry-after"], refused.headers["x-ratelimit-reset"]) == ("48", "48")
    assert api.get("/v1/projects").status_code == 200
    clock[0] = 60.0
    assert api.get("/v1/profile").status_code == 200


def test_the_limit_can_be_lifted() -> None:
    api = Api(requests_per_minute=None)
    response = [api.get("/v1/profile") for _ in range(130)][-1]
    assert response.status_code == 200
    assert "x-ratelimit-limit" not in response.headers


def test_a_paused_project_answers_544_to_sql_and_says_so_elsewhere(project: Server) -> None:
    api = Api(project, status="INACTIVE")
    response = api.query("select 1")
    assert (response.status_code, response.json()) == (
        544,
        {"message": "Failed to run sql query: Connection terminated due to connection timeout"},
    )
    assert api.get(f"/v1/projects/{REF}").json()["status"] == "INACTIVE"
    assert api.get(f"/v1/projects/{REF}/health?services=db").json()[0]["status"] == "UNHEALTHY"


def test_a_branch_is_in_the_list_answers_sql_and_is_no_project(project: Server) -> None:
    refs = [letter * 20 for letter in "bc"]

    def conninfo(role: str) -> str:
        return project.conninfo(user=role)

    up, asleep = (
        SandboxBranch(f"branch-{ref[0]}", ref, conninfo, project_status=status)
        for ref, status in zip(refs, ("ACTIVE_HEALTHY", "INACTIVE"), strict=True)
    )
    api = Api(branches=(up, asleep))

    told = api.get(f"/v1/projects/{REF}/branches").json()
    assert [(each["name"], each["project_ref"], each["parent_project_ref"]) for each in told] == [
        (f"branch-{ref[0]}", ref, REF) for ref in refs
    ]
    missing = api.get(f"/v1/projects/{refs[0]}")
    assert (missing.status_code, missing.json()) == (404, {"message": "Project not found"})
    answer = api.query("select 1 as one", f"/v1/projects/{refs[0]}/database/query")
    assert (answer.status_code, answer.json()) == (201, [{"one": 1}])
    assert api.query("select 1", f"/v1/projects/{refs[1]}/database/query").status_code == 544
    assert api.get(f"/v1/projects/{refs[1]}/branches").json() == []


def test_a_database_that_is_not_there_is_a_544_too() -> None:
    response = Api().query("select 1")
    assert response.status_code == 544
    assert "Connection terminated due to connection timeout" in response.json()["message"]


def test_a_query_that_takes_too_long_is_a_408(project: Server) -> None:
    response = Api(project, limits=Limits(query_seconds=0.1)).query("select pg_sleep(0.5)")
    assert (response.status_code, response.json()) == (
        408,
        {"message": "Failed to run sql query: Query read timeout"},
    )


def test_health_knows_the_database_and_admits_the_rest(api: Api) -> None:
    answer = api.get(f"/v1/projects/{REF}/health", params={"services": ["db,auth", "rest"]}).json()
    assert [(service["name"], service["status"]) for service in answer] == [
        ("db", "ACTIVE_HEALTHY"),
        ("auth", "UNHEALTHY"),
        ("rest", "UNHEALTHY"),
    ]
    assert api.get(f"/v1/projects/{REF}/health").status_code == 400
    assert api.get(f"/v1/projects/{REF}/health?services=x").status_code == 400


def test_a_ref_of_another_form_is_refused_and_tokens_are_new_each_time() -> None:
    with pytest.raises(ConfigurationError):
        Sandbox(ref="nope")
    assert Sandbox().token != Sandbox().token
    assert Sandbox().token not in repr(Sandbox())


def test_the_clients_read_timeout_holds_in_process_while_the_sql_goes_on(api: Api) -> None:
    with pytest.raises(httpx.ReadTimeout):
        api.client.post(QUERY, json={"query": "select pg_sleep(0.3); create table later (a int)"}, timeout=0.1)
    waited = api.query("select pg_sleep(0.6)")
    assert waited.status_code == 201
    assert api.query("select to_regclass('later') as later").json() == [{"later": "later"}]


def test_what_breaks_inside_the_handler_reaches_the_caller() -> None:
    def broken(_request: SandboxRequest) -> Any:
        raise ZeroDivisionError

    with httpx.Client(transport=SandboxTransport(broken)) as client, pytest.raises(ZeroDivisionError):
        client.get("http://sandbox.invalid/")
