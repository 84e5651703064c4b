"""Be the outside of the Management API: one request in, one response out, SQL run on a Postgres of our own.

Shapes are the OpenAPI document's and the recorded answers'; texts of errors are those that people met
(management-api.md §1.5 and §6). What is known from neither is a guess and marked so.
"""

import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sbapply.api.permissions import need_of
from sbapply.database import Json
from sbapply.quoting import quote_literal
from sbapply.rehearse import javascript
from sbapply.sandbox.project import (
    USER_EMAIL,
    Invalid,
    api_keys_json,
    backups_json,
    branch_json,
    organization_json,
    profile_json,
    project_json,
    read_only_json,
    service_json,
    services_of,
)
from sbapply.sandbox.settings import REF_PATTERN, Sandbox, SandboxBranch
from sbapply.sandbox.sqlserver import SqlAnswer, answer_sql
from sbapply.sandbox.throttle import Allowance, Throttle
from sbapply.templates import fill, load_sql

Headers = tuple[tuple[str, str], ...]

_UNREACHABLE = "Connection terminated due to connection timeout"
_FORBIDDEN = (
    "Your account does not have the necessary privileges to access this endpoint. For more details, refer to our "
    "documentation https://supabase.com/docs/guides/platform/access-control"
)
_QUERY = "/v1/projects/:ref/database/query"
_READ_ONLY_QUERY = "/v1/projects/:ref/database/query/read-only"
_MIGRATIONS = "/v1/projects/:ref/database/migrations"


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """Hold one HTTP request; ``path`` has no query string, names of ``headers`` are in any case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the value of a header, "" without it."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class SandboxResponse:
    """Hold one HTTP response; content-length is left to whoever sends it."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class _Reply:
    """Hold what a route answers, before the headers that all answers share."""

    status: int
    value: Json
    headers: Headers = (("content-type", "application/json; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class _Route:
    """Say what answers which requests; ``:ref`` stands for one part of the path."""

    method: str
    template: str
    answer: Callable[[SandboxRequest], _Reply]


@dataclass(frozen=True, slots=True)
class _Statement:
    """Hold the checked body of a request to the SQL endpoint."""

    sql: str
    parameters: Sequence[Json]
    read_only: bool


def _error(status: int, message: str, headers: Headers = ()) -> _Reply:
    """Return the API's envelope of errors: ``message`` and nothing else."""
    return _Reply(status, {"message": message}, (("content-type", "application/json; charset=utf-8"), *headers))


class SandboxHandler:
    """Answer requests as one pretended account with one project.

    ``conninfo`` gives libpq's connection string for a role (``postgres`` or ``supabase_read_only_user``). Its only
    state are the counters of the rate limit; it may be called from several threads at once.
    """

    def __init__(
        self,
        settings: Sandbox,
        conninfo: Callable[[str], str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self._conninfo = conninfo
        self._now = now
        self._throttle = Throttle(settings.requests_per_minute, monotonic)
        self._routes = (
            _Route("POST", _QUERY, self._query),
            _Route("POST", _READ_ONLY_QUERY, self._query_read_only),
            _Route("GET", "/v1/projects", lambda _request: _Reply(200, [project_json(settings)])),
            _Route("GET", "/v1/projects/:ref", self._project),
            _Route("GET", "/v1/projects/:ref/health", self._health),
            _Route("GET", "/v1/projects/:ref/branches", self._branches),
            _Route("GET", "/v1/projects/:ref/readonly", lambda _request: _Reply(200, read_only_json())),
            _Route("GET", "/v1/projects/:ref/api-keys", lambda _request: _Reply(200, api_keys_json())),
            _Route(
                "GET", "/v1/projects/:ref/database/backups", lambda _request: _Reply(200, backups_json(settings))
            ),
            _Route("GET", _MIGRATIONS, self._migrations),
            _Route("POST", _MIGRATIONS, self._apply_migration),
            _Route("GET", "/v1/projects/:ref/advisors/security", lambda _request: self._advise("SECURITY")),
            _Route("GET", "/v1/projects/:ref/advisors/performance", lambda _request: self._advise("PERFORMANCE")),
            _Route("GET", "/v1/organizations", lambda _request: _Reply(200, [organization_json(settings)])),
            _Route("GET", "/v1/profile", lambda _request: _Reply(200, profile_json(settings))),
        )

    def __call__(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one request. Raises nothing that belongs to the request or the SQL in it."""
        found = self._find(request)
        if found is None:
            return _respond(_error(404, f"Cannot {request.method} {request.path}"))
        route, ref = found
        refusal = self._check_token(request)
        if refusal is not None:
            return _respond(refusal)
        allowance = self._throttle.take(f"{route.method} {route.template}")
        reply = self._check(request, ref, allowance) or _validated(route.answer, request)
        shared: Headers = (("x-gotrue-id", self.settings.user_id),)
        return _respond(reply, shared + (allowance.headers() if allowance else ()))

    def _find(self, request: SandboxRequest) -> tuple[_Route, str | None] | None:
        """Return the route of a request and the ref in its path."""
        for route in self._routes:
            match = re.fullmatch(route.template.replace(":ref", "(?P<ref>[^/]+)"), request.path)
            if match and route.method == request.method:
                return route, match.groupdict().get("ref")
        return None

    def _check_token(self, request: SandboxRequest) -> _Reply | None:
        """Return the 401 for a request without the token, None for one with it."""
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return _error(401, "Unauthorized")
        if not hmac.compare_digest(token.strip().encode(), self.settings.token.encode()):
            return _error(401, "JWT could not be decoded")
        return None

    def _check(self, request: SandboxRequest, ref: str | None, allowance: Allowance | None) -> _Reply | None:
        """Return the refusal that comes before a route is asked, if there is one."""
        if allowance is not None and not allowance.granted:
            # Measured: 60, whatever is left of the window (management-api.md §1.5); the window's rest is the
            # shortest wait that helps, and tests of clients need not wait longer.
            retry = ("retry-after", str(allowance.reset))
            return _error(429, "ThrottlerException: Too Many Requests", (retry,))
        if len(request.body) > self.settings.body_bytes:
            # A guess: nobody has recorded the platform's answer; this is Express' body-parser's.
            return _error(413, "request entity too large")
        if ref is not None and not REF_PATTERN.fullmatch(ref):
            return _error(400, "ref: Invalid string: must match pattern /^[a-z]{20}$/")
        own = ref in (None, self.settings.ref) or self._branch(request) is not None
        return None if own and self._may(request) else _error(403, _FORBIDDEN)

    def _may(self, request: SandboxRequest) -> bool:
        """Tell whether the token has the permission for a request; a classic token has them all."""
        granted = self.settings.token_permissions
        if granted is None:
            return True
        need = need_of(request.method, request.path)
        # Only a token of the user's own may ask who the user is (official CLI 3.1.0).
        return need is not None and need.met_by(granted)

    def _branch(self, request: SandboxRequest) -> SandboxBranch | None:
        """Return the preview branch whose ref is in the path; the project's own ref is none."""
        parts = request.path.split("/")
        ref = parts[3] if len(parts) > 3 else ""
        return next((each for each in self.settings.branches if each.ref == ref != self.settings.ref), None)

    def _project(self, request: SandboxRequest) -> _Reply:
        """Answer V1ProjectWithDatabaseResponse; a branch is no project, though it answers SQL (measured)."""
        if self._branch(request) is not None:
            return _error(404, "Project not found")
        return _Reply(200, project_json(self.settings))

    def _branches(self, request: SandboxRequest) -> _Reply:
        """Answer the list of BranchResponse; a branch has none of its own."""
        if self._branch(request) is not None:
            return _Reply(200, [])
        return _Reply(200, [branch_json(self.settings, each) for each in self.settings.branches])

    def _query(self, request: SandboxRequest) -> _Reply:
        """Answer the SQL endpoint: role postgres, or the read-only role where the body asks for it."""
        statement = _read_statement(request)
        role = "supabase_read_only_user" if statement.read_only else "postgres"
        return self._run(request, statement, role, "sql query")

    def _query_read_only(self, request: SandboxRequest) -> _Reply:
        """Answer the SQL endpoint that knows only the read-only role."""
        return self._run(request, _read_statement(request), "supabase_read_only_user", "read-only sql query")

    def _run(self, request: SandboxRequest, statement: _Statement, role: str, what: str) -> _Reply:
        """Run a checked statement and put the answer into the platform's envelope."""
        branch = self._branch(request)
        if branch.paused if branch is not None else self.settings.paused:
            return _error(544, f"Failed to run {what}: {_UNREACHABLE}")
        route = _READ_ONLY_QUERY if request.path.endswith("/read-only") else _QUERY
        sql = statement.sql + (self._annotation(route) if self.settings.annotate else "")
        conninfo = branch.database if branch is not None else self._conninfo
        answer = answer_sql(conninfo(role), sql, statement.parameters, limits=self.settings.limits)
        if answer.status == 200:
            return _Reply(201, answer.rows, (("cache-control", "no-cache"), ("content-type", "application/json")))
        return _error(_platform_status(answer), f"Failed to run {what}: {answer.error}")

    def _annotation(self, route: str) -> str:
        """Return the comment that the platform appends to SQL (management-api.md §1.4)."""
        date = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"\n\n-- source: POST {route}\n-- user: pat:1\n-- date: {date}"

    def _health(self, request: SandboxRequest) -> _Reply:
        """Answer V1ServiceHealthResponse for the services asked for."""
        services = services_of(request.query)
        alive = not self.settings.paused and self._database_answers()
        return _Reply(200, [service_json(name, alive=alive) for name in services])

    def _migrations(self, _request: SandboxRequest) -> _Reply:
        """Answer V1ListMigrationsResponse; on the platform only chosen OAuth apps are let in."""
        answer = self._look("migrations.sql")
        if answer.status == 200:
            return _Reply(200, answer.rows)
        if "42P01" in answer.error:
            return _Reply(200, [])
        return _error(500, f"Failed to list migrations: {answer.error}")

    def _apply_migration(self, request: SandboxRequest) -> _Reply:
        """Answer V1CreateMigrationBody: one transaction, a version of the server's clock, the text in one element.

        The two calls and their SQL are those that a log of the platform shows (management-api.md §4); on the
        platform only chosen OAuth apps are let in, and its MCP server. The answer's body is a guess.
        """
        body = _read_object(request)
        statement = _read_statement(request)
        values = {
            "version": self._now().strftime("%Y%m%d%H%M%S"),
            "name": _text_of(body, "name"),
            "text": statement.sql,
            "created_by": USER_EMAIL,
            "idempotency_key": request.header("idempotency-key") or None,
        }
        quoted = {key: "null" if value is None else quote_literal(value) for key, value in values.items()}
        rollback = _text_of(body, "rollback")
        quoted["rollback"] = "null" if rollback is None else f"array[{quote_literal(rollback)}]"
        answer = self._look("history.sql")
        if answer.status == 200:
            sql = fill(load_sql("sbapply.sandbox", "apply_migration.sql"), query=statement.sql, **quoted)
            answer = answer_sql(self._conninfo("postgres"), sql, limits=self.settings.limits)
        if answer.status == 200:
            return _Reply(200, [])
        return _error(_platform_status(answer), f"Failed to apply database migration: {answer.error}")

    def _advise(self, category: str) -> _Reply:
        """Answer V1ProjectAdvisorsResponse with what our own rules find in the catalog."""
        # Few ask for it, and every verb against the sandbox would wait for what it brings.
        from sbapply.sandbox.advisors import QUESTION, lints_json

        answer = self._ask(QUESTION)
        if answer.status != 200:
            return _error(500, f"Failed to run lints: {answer.error}")
        return _Reply(200, lints_json(answer.rows, category))

    def _look(self, name: str) -> SqlAnswer:
        """Run one of the sandbox's own questions."""
        return self._ask(load_sql("sbapply.sandbox", name))

    def _ask(self, sql: str) -> SqlAnswer:
        if self.settings.paused:
            return SqlAnswer(504, [], _UNREACHABLE)
        return answer_sql(self._conninfo("postgres"), sql, limits=self.settings.limits)

    def _database_answers(self) -> bool:
        """Tell whether the database can be reached."""
        return answer_sql(self._conninfo("postgres"), "select 1", limits=self.settings.limits).status == 200


def _respond(reply: _Reply, shared: Headers = ()) -> SandboxResponse:
    """Return the response for a reply."""
    return SandboxResponse(reply.status, reply.headers + shared, javascript.stringify(reply.value).encode("utf-8"))


def _validated(answer: Callable[[SandboxRequest], _Reply], request: SandboxRequest) -> _Reply:
    """Ask a route, and turn what it finds wrong with the request into a 400."""
    try:
        return answer(request)
    except Invalid as invalid:
        return _error(400, str(invalid))


def _platform_status(answer: SqlAnswer) -> int:
    """Return the platform's status for the SQL server's: 544 is seen where that says 504, the rest is passed on.

    What becomes of 408 and 503 is not known (management-api.md §1.5); clients treat all three alike.
    """
    return 544 if answer.status == 504 else answer.status


def _read_statement(request: SandboxRequest) -> _Statement:
    """Return the checked body of a request to the SQL endpoint. Raises ``Invalid`` in zod's words."""
    body = _read_object(request)
    sql = body.get("query")
    if not isinstance(sql, str):
        raise Invalid(f"query: Invalid input: expected string, received {_kind(body, 'query')}")
    if not sql:
        raise Invalid("query: Too small: expected string to have >=1 characters")
    parameters = body.get("parameters", [])
    if not isinstance(parameters, list):
        raise Invalid(f"parameters: Invalid input: expected array, received {_kind(body, 'parameters')}")
    read_only = body.get("read_only", False)
    if not isinstance(read_only, bool):
        raise Invalid(f"read_only: Invalid input: expected boolean, received {_kind(body, 'read_only')}")
    return _Statement(sql, parameters, read_only)


def _text_of(body: Mapping[str, Json], key: str) -> str | None:
    """Return a member that is text, None where it is absent. Raises ``Invalid`` in zod's words."""
    value = body.get(key)
    if key in body and not isinstance(value, str):
        raise Invalid(f"{key}: Invalid input: expected string, received {_kind(body, key)}")
    return value if isinstance(value, str) else None


def _read_object(request: SandboxRequest) -> dict[str, Json]:
    """Return the JSON object in a body; a body of another media type is not looked at, as Express does it."""
    if request.header("content-type").partition(";")[0].strip().lower() != "application/json":
        return {}
    try:
        body = javascript.parse(request.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Invalid("Invalid JSON in the request body") from error
    return body if isinstance(body, dict) else {}


def _kind(body: Mapping[str, Json], key: str) -> str:
    """Return zod's name for the type of a member."""
    if key not in body:
        return "undefined"
    value = body[key]
    kinds = ((bool, "boolean"), (str, "string"), (int | float, "number"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
