"""The client: one attempt a call, to one host, with a name of its own."""

import json
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import respx

from sbapply import __version__
from sbapply.api.client import ApiClient, ProjectDatabase, check_api_url
from sbapply.api.models import Project
from sbapply.api.status import check_awake
from sbapply.auth.token import Token
from sbapply.errors import (
    ConfigurationError,
    DatabaseError,
    NotFound,
    OutcomeUnknown,
    ProjectAsleep,
    SqlError,
    Unreachable,
)

SECRET = "sbp_" + "ab" * 20
REF = "abcdefghijklmnopqrst"
QUERY = f"https://api.supabase.com/v1/projects/{REF}/database/query"
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "api" / "recorded"


@pytest.fixture
def client() -> Iterator[ApiClient]:
    with ApiClient(Token(SECRET, "a test")) as client:
        yield client


def failing(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


def client_of(answer: Callable[[httpx.Request], httpx.Response], connect_timeout: float = 10.0) -> ApiClient:
    transport = httpx.MockTransport(answer)
    return ApiClient(Token(SECRET, "a test"), transport=transport, connect_timeout=connect_timeout)


@respx.mock
def test_a_query_is_one_post_with_bearer_and_a_user_agent_of_its_own(client: ApiClient) -> None:
    route = respx.post(QUERY).respond(201, json=[{"a": 1}])
    database = ProjectDatabase(client, REF)
    assert database.run("select 'é😀'") == [{"a": 1}]
    assert database.requests == route.call_count == 1
    request = route.calls.last.request
    assert json.loads(request.content) == {"query": "select 'é😀'"}
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["user-agent"].startswith(f"sbapply/{__version__} ")
    assert "python-httpx" not in request.headers["user-agent"]
    assert request.headers["content-type"] == "application/json"


@respx.mock
def test_the_read_only_database_asks_the_other_endpoint(client: ApiClient) -> None:
    respx.post(f"{QUERY}/read-only").respond(201, json=[])
    assert ProjectDatabase(client, REF, read_only=True).run("select 1") == []


@respx.mock
def test_a_failed_call_is_counted_and_not_sent_again(client: ApiClient) -> None:
    route = respx.post(QUERY).respond(502, text="bad gateway")
    database = ProjectDatabase(client, REF)
    with pytest.raises(OutcomeUnknown):
        database.run("select 1")
    assert database.requests == route.call_count == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@respx.mock
def test_no_redirect_is_followed_and_the_token_stays_with_its_host(client: ApiClient, status: int) -> None:
    elsewhere = respx.route(host="evil.example").respond(201, json=[])
    respx.post(QUERY).respond(status, headers={"location": "https://evil.example/v1"})
    with pytest.raises(OutcomeUnknown, match=r"evil\.example"):
        ProjectDatabase(client, REF).run("select 1")
    assert not elsewhere.called


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("refused"), Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable),
        (httpx.PoolTimeout("full"), Unreachable),
        (httpx.ProxyError("407"), Unreachable),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.WriteTimeout("slow"), OutcomeUnknown),
        (httpx.ReadError("reset"), OutcomeUnknown),
        (httpx.WriteError("reset"), OutcomeUnknown),
        (httpx.RemoteProtocolError("cut off"), OutcomeUnknown),
        (httpx.DecodingError("gzip"), OutcomeUnknown),
    ],
)
def test_only_a_call_that_never_left_is_called_not_sent(raised: Exception, kind: type[DatabaseError]) -> None:
    with client_of(failing(raised)) as client, pytest.raises(DatabaseError) as caught:
        ProjectDatabase(client, REF).run("select 1")
    assert type(caught.value) is kind
    assert SECRET not in caught.value.message


def test_connecting_and_waiting_have_limits_of_their_own() -> None:
    seen: list[dict[str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(201, json=[])

    with client_of(answer, connect_timeout=3.0) as client:
        ProjectDatabase(client, REF).run("select 1")
        ProjectDatabase(client, REF).run("select 1", timeout=1.5)
    assert [(each["connect"], each["read"]) for each in seen] == [(3.0, 75.0), (1.5, 1.5)]


def test_a_server_that_drips_does_not_hold_us_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("sbapply.api.client.time.monotonic", lambda: now[0])

    class Dripping(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                now[0] += 1.0
                yield b" "

    with (
        client_of(lambda request: httpx.Response(201, stream=Dripping())) as client,
        pytest.raises(OutcomeUnknown, match="did not end within 5 s"),
    ):
        ProjectDatabase(client, REF).run("select 1", timeout=5.0)


def test_an_answer_that_is_cut_off_is_unknown() -> None:
    class CutOff(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'[{"a": '
            raise httpx.RemoteProtocolError("peer closed connection")

    with (
        client_of(lambda request: httpx.Response(201, stream=CutOff())) as client,
        pytest.raises(OutcomeUnknown, match="peer closed"),
    ):
        ProjectDatabase(client, REF).run("select 1")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.supabase.com", "https://api.supabase.com"),
        ("https://api.supabase.com/", "https://api.supabase.com"),
        ("https://proxy.example:8443/api/", "https://proxy.example:8443/api"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("HTTP://127.0.0.1", "http://127.0.0.1"),
        ("HTTPS://api.supabase.com", "https://api.supabase.com"),
    ],
)
def test_https_goes_anywhere_and_http_to_loopback(url: str, base: str) -> None:
    assert check_api_url(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "http://api.supabase.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "http://0.0.0.0:8080",
        "ftp://127.0.0.1",
        "api.supabase.com",
        "https://",
        "https:///v1",
        "http://[",
        "https://host:port",
        "https://host:99999",
        "https://a b.example",
        "https://a.example/\n",
        "https://user@a.example",
        "https://:secret@a.example",
        "https://user:secret@a.example",
        "http://127.0.0.1:80@evil.example",
        "https://a.example/?x=1",
        "https://a.example/#x",
        "",
    ],
)
def test_no_other_address_gets_the_token(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ApiClient(Token(SECRET, "a test"), api_url=url)
    assert caught.value.exit_status == 2
    assert "secret" not in caught.value.message


def test_the_default_is_supabase_over_https(client: ApiClient) -> None:
    with respx.mock:
        route = respx.get(f"https://api.supabase.com/v1/projects/{REF}").respond(404, json={"message": "no"})
        with pytest.raises(NotFound):
            client.project(REF, timeout=1.0)
    assert route.called


def test_a_plain_http_call_uses_no_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://evil.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://evil.example:3128")
    for url in ("http://127.0.0.1:9", "HTTP://127.0.0.1:9"):
        with ApiClient(Token(SECRET, "a test"), api_url=url) as client:
            assert client._client.trust_env is False


@respx.mock
def test_an_error_shows_no_token(client: ApiClient) -> None:
    respx.post(QUERY).respond(401, json={"message": "JWT could not be decoded"})
    with pytest.raises(DatabaseError) as caught:
        ProjectDatabase(client, REF).run("select 1")
    assert (
        SECRET
        not in f"{caught.value!r} {caught.value.message} {caught.value.next_step} {client!r} {vars(client)!r}"
    )


def test_a_token_can_be_neither_shown_nor_pickled() -> None:
    token = Token(SECRET, "a test")
    assert SECRET not in f"{token} {token!r} {[token]}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(token)
    assert token.reveal() == SECRET


@respx.mock
def test_positions_are_found_in_the_sql_that_was_sent(client: ApiClient) -> None:
    message = "Failed to run sql query: ERROR:  42601: syntax\nLINE 2: selec 1\n        ^\n"
    respx.post(QUERY).respond(400, json={"message": message})
    with pytest.raises(SqlError) as caught:
        ProjectDatabase(client, REF).run("select 1;\nselec 1")
    assert caught.value.position == 10


def project(status: str) -> Project:
    return Project(REF, "App", status, "eu-central-1", "17.6")


@pytest.mark.parametrize("status", ["ACTIVE_HEALTHY", "ACTIVE_UNHEALTHY", "UNKNOWN", "SOMETHING_NEW"])
def test_a_project_that_may_answer_is_asked(status: str) -> None:
    check_awake(project(status))


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("INACTIVE", "paused"),
        ("PAUSING", "being paused"),
        ("PAUSE_FAILED", "paused"),
        ("RESTORING", "not up"),
        ("RESTARTING", "not up"),
        ("COMING_UP", "not up"),
        ("UPGRADING", "not up"),
        ("RESIZING", "not up"),
        ("GOING_DOWN", "not up"),
        ("REMOVED", "not up"),
        ("INIT_FAILED", "not up"),
        ("RESTORE_FAILED", "not up"),
    ],
)
def test_a_project_that_is_not_up_is_named_with_its_status(status: str, word: str) -> None:
    with pytest.raises(ProjectAsleep) as caught:
        check_awake(project(status))
    assert f"App ({REF})" in caught.value.message
    assert word in caught.value.message
    assert status in caught.value.message
    assert caught.value.exit_status == 1


@pytest.mark.parametrize("body", [[], {}, {"name": "x"}, {"name": 1, "status": "x"}, "x", None])
def test_a_project_of_another_shape_is_unknown_and_says_which_part(body: object) -> None:
    with (
        client_of(lambda request: httpx.Response(200, content=json.dumps(body).encode())) as client,
        pytest.raises(OutcomeUnknown, match="another shape"),
    ):
        client.project(REF, timeout=1.0)


def recorded(name: str) -> object:
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"the recorded answers of the platform are not here ({RECORDED})")
    return json.loads(path.read_text(encoding="utf-8"))["body"]


def test_the_recorded_project_is_read() -> None:
    body = recorded("GET_v1_projects___PROJECT_REF__.response.json")
    found = Project.read(body, REF)  # type: ignore[arg-type]
    assert found == Project(REF, "cli-e2e-test", "ACTIVE_HEALTHY", "us-east-1", "17.6.1.111", "__PROJECT_REF__")
    assert found.title == f"cli-e2e-test ({REF})"
    check_awake(found)


def test_every_recorded_project_of_the_list_is_read() -> None:
    bodies = recorded("GET_v1_projects.response.json")
    assert isinstance(bodies, list)
    assert [Project.read(body, REF).status for body in bodies] == ["ACTIVE_HEALTHY"] * len(bodies)


@respx.mock
def test_the_recorded_answer_to_a_query_is_read(client: ApiClient) -> None:
    body = recorded("POST_v1_projects___PROJECT_REF___database_query.response.json")
    respx.post(QUERY).respond(201, json=body)
    assert ProjectDatabase(client, REF).run("select 1") == body


@pytest.mark.enable_socket
def test_an_answer_that_drips_is_given_up_in_time(socket_enabled: None) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 201 Created\r\n")
            while True:
                connection.sendall(b"x-more: x\r\n")
                time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    started = time.monotonic()
    with ApiClient(Token("sbp_x", "a test"), api_url=url, connect_timeout=0.2) as client:
        with pytest.raises(OutcomeUnknown, match="did not end within"):
            client.send("POST", "/v1/projects/x/database/query", {"query": "select 1"}, timeout=0.3)
        assert time.monotonic() - started < 3
    listener.close()
