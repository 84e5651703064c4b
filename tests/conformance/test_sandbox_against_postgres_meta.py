"""Hold the sandbox against the SQL server that the platform runs, request by request."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from sbapply.database import Json, Row
from sbapply.errors import OutcomeUnknown, Unreachable
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import Limits, LocalDatabase
from sbapply.sandbox.handler import SandboxHandler, SandboxRequest
from sbapply.sandbox.settings import Sandbox
from sbapply.sandbox.sqlserver import answer_sql

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]

RESULT_MEGABYTES = 2

# Run before each side of each case, so that both find the same.
GROUND = """
drop schema if exists lab cascade;
create schema lab;
create table lab.t (id int primary key, name text);
insert into lab.t values (1, 'one'), (2, null);
create type lab.mood as enum ('sad', 'o k');
create domain lab.positive as int check (value > 0);
create type lab.pair as (a int, b text);
create function lab.inner_fails() returns int language plpgsql as $$ begin execute 'selec 1'; return 1; end $$;
create function lab.outer_fails() returns int language plpgsql as $$ begin return lab.inner_fails(); end $$;
create function lab.divide() returns int language sql as 'select 1/0';
"""


@dataclass(frozen=True)
class Case:
    name: str
    sql: str
    parameters: list[Json] = field(default_factory=list)
    seconds: int | None = None


CASES = [Case(**case) for case in json.loads(Path(__file__).with_name("requests.json").read_text("utf-8"))]


@pytest.fixture(scope="module")
def node_modules() -> Path:
    folder = os.environ.get("SBAPPLY_NODE_MODULES", "")
    server = Path(folder, "@supabase/postgres-meta/dist/server/server.js")
    if not folder or not server.is_file():
        pytest.fail("Set SBAPPLY_NODE_MODULES to a node_modules folder that holds @supabase/postgres-meta (0.99).")
    return Path(folder)


@pytest.fixture(scope="module")
def project(sbapply_home: object) -> Iterator[Server]:
    with scratch_engine() as server:
        yield server


@pytest.fixture(scope="module")
def handler(project: Server) -> SandboxHandler:
    settings = Sandbox(requests_per_minute=None, annotate=False, body_bytes=10**8)
    return SandboxHandler(settings, lambda role: project.conninfo(user=role))


@pytest.fixture(scope="module")
def postgres_meta(node_modules: Path, project: Server) -> Iterator[httpx.Client]:
    port = _free_pair_of_ports()
    environment = {
        "PATH": os.environ["PATH"],
        "PG_META_HOST": "127.0.0.1",
        "PG_META_PORT": str(port),
        "PG_META_MAX_RESULT_SIZE_MB": str(RESULT_MEGABYTES),
        "PG_META_DB_URL": f"postgresql://postgres@localhost:{project.port}/postgres?host={project.socket_directory}",
    }
    server = node_modules / "@supabase/postgres-meta/dist/server/server.js"
    process = subprocess.Popen(
        ["node", server], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            _wait_for(client, process)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def _free_pair_of_ports() -> int:
    # postgres-meta listens on the port and on the one after it.
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _wait_for(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            client.get("/health")
        except httpx.TransportError:
            assert process.poll() is None, "postgres-meta did not start"
            time.sleep(0.1)
        else:
            return
    pytest.fail("postgres-meta did not answer within 30 s")


def _ask_real(client: httpx.Client, body: bytes, seconds: int | None = None) -> tuple[int, str]:
    """Return the platform's status for it and the body's text, or the error's."""
    parameters = {} if seconds is None else {"queryTimeoutSecs": seconds}
    answer = client.post("/query", content=body, headers={"content-type": "application/json"}, params=parameters)
    if answer.status_code == 200:
        return 201, answer.text
    return answer.status_code, f"Failed to run sql query: {answer.json()['error']}"


def _ask_sandbox(handler: SandboxHandler, body: bytes) -> tuple[int, str]:
    headers = {"authorization": f"Bearer {handler.settings.token}", "content-type": "application/json"}
    path = f"/v1/projects/{handler.settings.ref}/database/query"
    response = handler(SandboxRequest("POST", path, headers=headers, body=body))
    text = response.body.decode()
    return response.status, text if response.status == 201 else json.loads(text)["message"]


def _limited(handler: SandboxHandler, project: Server, seconds: int | None) -> SandboxHandler:
    limits = Limits(query_seconds=seconds or 55, result_bytes=RESULT_MEGABYTES * 1024**2)
    settings = Sandbox(requests_per_minute=None, annotate=False, body_bytes=10**8, limits=limits)
    return SandboxHandler(settings, lambda role: project.conninfo(user=role))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_sandbox_answers_as_postgres_meta_does(
    case: Case, postgres_meta: httpx.Client, handler: SandboxHandler, project: Server
) -> None:
    body = json.dumps({"query": case.sql, "parameters": case.parameters}).encode()
    ground = LocalDatabase(project.conninfo())
    ground.run(GROUND)
    real = _ask_real(postgres_meta, body, case.seconds)
    after_real = ground.run("select * from lab.t order by id")
    ground.run(GROUND)
    ours = _ask_sandbox(_limited(handler, project, case.seconds), body)
    assert ours == real
    assert ground.run("select * from lab.t order by id") == after_real


def test_an_empty_query_gets_the_same_answer(postgres_meta: httpx.Client, project: Server) -> None:
    real = postgres_meta.post("/query", json={"query": ""})
    ours = answer_sql(project.conninfo(), "")
    assert (ours.status, ours.error) == (real.status_code, real.json()["error"])


def test_a_body_over_three_megabytes_gets_the_same_answer(postgres_meta: httpx.Client, project: Server) -> None:
    sql = "select 1 as a -- " + "x" * (3 * 1024 * 1024)
    real = postgres_meta.post("/query", json={"query": sql})
    ours = answer_sql(project.conninfo(), sql)
    assert (ours.status, ours.error) == (real.status_code, real.json()["error"])


def test_a_lone_surrogate_becomes_the_replacement_character(
    postgres_meta: httpx.Client, handler: SandboxHandler
) -> None:
    body = b'{"query": "select \'\\ud83d\' as a"}'
    assert _ask_sandbox(handler, body) == _ask_real(postgres_meta, body)


def test_after_a_read_timeout_the_backend_goes_on_and_commits(
    postgres_meta: httpx.Client, handler: SandboxHandler, project: Server
) -> None:
    ground = LocalDatabase(project.conninfo())
    ground.run(GROUND)
    sql = "select pg_sleep(1.3); insert into lab.t values ({}, 'late')"
    _ask_real(postgres_meta, json.dumps({"query": sql.format(11)}).encode(), 1)
    _ask_sandbox(_limited(handler, project, 1), json.dumps({"query": sql.format(12)}).encode())
    time.sleep(1)
    assert [row["id"] for row in ground.run("select id from lab.t where id > 10 order by id")] == [11, 12]


@pytest.mark.parametrize(("rows", "committed"), [(3, True), (40, False)])
def test_after_too_large_a_result_the_backend_ends_the_same_way(
    postgres_meta: httpx.Client, handler: SandboxHandler, project: Server, rows: int, committed: bool
) -> None:
    """What follows is committed, unless the backend still has more rows to send than the socket takes."""
    ground = LocalDatabase(project.conninfo())
    ground.run(GROUND)
    sql = f"select repeat('x', 1000000) from generate_series(1, {rows}); insert into lab.t values ({{}}, 'late')"
    real = _ask_real(postgres_meta, json.dumps({"query": sql.format(11)}).encode())
    ours = _ask_sandbox(_limited(handler, project, None), json.dumps({"query": sql.format(12)}).encode())
    assert ours == real
    time.sleep(0.5)
    found = [row["id"] for row in ground.run("select id from lab.t where id > 10 order by id")]
    assert found == ([11, 12] if committed else [])


def test_a_backend_that_is_killed_gives_the_same_answer(
    postgres_meta: httpx.Client, handler: SandboxHandler, project: Server
) -> None:
    body = b'{"query": "/* victim */ select pg_sleep(20)"}'
    answers: list[tuple[int, str]] = []
    for ask in (lambda: _ask_real(postgres_meta, body), lambda: _ask_sandbox(handler, body)):
        _wait_for_rows(project, "select 1 as up")
        thread = threading.Thread(target=lambda ask=ask: answers.append(ask()))
        thread.start()
        victim = _wait_for_rows(
            project, "select pid from pg_stat_activity where query like '/* vic' || 'tim */%' and state = 'active'"
        )
        assert isinstance(victim["pid"], int)
        os.kill(victim["pid"], signal.SIGKILL)
        thread.join()
    assert answers[0] == answers[1]
    assert answers[0][1] == "Failed to run sql query: Connection terminated unexpectedly"


def _wait_for_rows(project: Server, sql: str) -> Row:
    """Ask until there is a row; the server is in recovery for a while after a kill."""
    for _ in range(200):
        with suppress(Unreachable, OutcomeUnknown):
            rows = LocalDatabase(project.conninfo(user="supabase_admin")).run(sql)
            if rows:
                return rows[0]
        time.sleep(0.05)
    pytest.fail(f"no row within 10 s: {sql}")


def test_there_are_at_least_sixty_cases(request: pytest.FixtureRequest) -> None:
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"{len(CASES)} requests compared with postgres-meta")
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 60
    assert not [name for name in names if re.search("[^a-zA-Z0-9_, ']", name)]
