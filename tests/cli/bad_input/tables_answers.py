"""Table: what a network and an API can answer instead of an answer."""

import json

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.bad_input.faults import HTML, answer, faulty_server, own_certificate
from tests.cli.bad_input.row import Row, Setup
from tests.cli.bad_input.tables_typed import PUSH
from tests.cli.bad_input.world import World, new_token

STATUS = ("status",)


def saying(status: int, body: object = "", **headers: str) -> Setup:
    """Let the API give this answer to everything."""
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda world: world.api(answer(status, text, **headers))


def silent(world: World) -> None:
    world.patience(read=0.4)
    world.api(None)


def no_such_host(world: World) -> None:
    world.environment["SBAPPLY_API_URL"] = "https://api.nowhere.invalid"


def no_such_proxy(world: World) -> None:
    world.environment |= {"SBAPPLY_API_URL": "https://api.nowhere.invalid", "HTTPS_PROXY": "http://127.0.0.1:9"}


def own_tls(world: World) -> None:
    port = world.stack.enter_context(faulty_server(answer(200, "[]"), certificate=own_certificate(world.aside)))
    world.environment["SBAPPLY_API_URL"] = f"https://127.0.0.1:{port}"


def other_token(world: World) -> None:
    world.project(token=new_token())


def scoped(world: World) -> None:
    world.project(token_permissions=frozenset({"projects_read"}))


def of_somebody_else(world: World) -> None:
    world.project(ref="zyxwvzyxwvzyxwvzyxwv")


def with_status(status: str) -> Setup:
    return lambda world: world.project(status=status)


def lost_for_good(world: World) -> None:
    """Let the write and everything after it be answered by a gateway, so that nothing can be settled."""
    written: list[bool] = []

    def change(request: SandboxRequest) -> SandboxResponse | None:
        written.extend([True] if b"sbapply run=" in request.body else [])
        return SandboxResponse(502, (), HTML.encode()) if written else None

    world.patience(settle=0.4)
    world.project(change=change)


ANSWERS = (
    Row("connection refused", STATUS, 1, "read-failed", "Connection refused", "--api-url"),
    Row("a host that nobody knows", STATUS, 1, "read-failed", "api.nowhere.invalid", "--api-url", no_such_host),
    Row("a proxy that is down", STATUS, 1, "read-failed", "No connection", "proxy", no_such_proxy, once=True),
    Row("a certificate of nobody", STATUS, 1, "unreachable", "not trusted", "SSL_CERT_FILE", own_tls),
    Row("silence", STATUS, 1, "read-failed", "within 0.4 s", "again", silent),
    Row(
        "a redirect to another host",
        STATUS,
        1,
        "read-failed",
        "redirect to https://evil.example/v1",
        "--api-url",
        saying(302, location="https://evil.example/v1"),
    ),
    Row("HTML with 200", STATUS, 1, "read-failed", "not JSON", "", saying(200, HTML)),
    Row("HTML with 403", STATUS, 1, "read-failed", "before the API", "", saying(403, HTML)),
    Row("HTML with 502", STATUS, 1, "read-failed", "502", "status.supabase.com", saying(502, HTML)),
    Row("a firewall's 403", STATUS, 2, "forbidden", "firewall", "User-Agent", saying(403, "error code: 1010")),
    Row("an empty body", STATUS, 1, "read-failed", "empty body", "", saying(200)),
    Row("cut-off JSON", STATUS, 1, "read-failed", "broke", "", saying(201, '[{"a": 1', content_length="500")),
    Row(
        "an answer that is no HTTP",
        STATUS,
        1,
        "read-failed",
        "",
        "",
        lambda world: world.api(b"SSH-2.0-x\r\n"),
        once=True,
    ),
    Row("a wrong shape for rows", STATUS, 1, "read-failed", "not a list of rows", "", saying(200, {"rows": 1})),
    Row("a wrong row", STATUS, 1, "read-failed", "", "", saying(201, [{"surprise": 1}]), once=True),
    Row("a wrong shape for a project", PUSH, 1, "read-failed", "project", "", saying(200, ["x"])),
    Row(
        "a wrong shape for projects",
        ("projects",),
        1,
        "read-failed",
        "projects",
        "",
        saying(200, {"a": 1}),
        once=True,
    ),
    Row(
        "429 for ever",
        STATUS,
        1,
        "read-failed",
        "rate limit",
        "Wait a minute",
        saying(429, {"message": "ThrottlerException: Too Many Requests"}, retry_after="60"),
    ),
    Row("a wrong token", STATUS, 2, "unauthorised", "does not accept", "account/tokens", other_token),
    Row(
        "a wrong token on push",
        PUSH,
        2,
        "unauthorised",
        "does not accept",
        "account/tokens",
        other_token,
        once=True,
    ),
    Row("a wrong token of whoami", ("whoami",), 2, "unauthorised", "does not accept", "", other_token, once=True),
    Row(
        "an expired token",
        STATUS,
        2,
        "unauthorised",
        "has expired",
        "expired",
        saying(401, {"message": "Your access token has expired"}),
    ),
    Row("a scoped token", STATUS, 2, "forbidden", "may not", "database_read", scoped),
    Row("a scoped token on push", PUSH, 2, "forbidden", "may not", "database_read and database_write", scoped),
    Row("somebody else's ref", PUSH, 2, "forbidden", "may not", "--project-ref", of_somebody_else),
    Row(
        "somebody else's ref in status",
        STATUS,
        2,
        "forbidden",
        "may not",
        "--project-ref",
        of_somebody_else,
        once=True,
    ),
    Row(
        "a path that nobody knows",
        STATUS,
        2,
        "not-found",
        "Cannot POST",
        "--api-url",
        saying(404, {"message": "Cannot POST /v1"}),
    ),
    Row("a paused project", PUSH, 1, "project-asleep", "paused (INACTIVE)", "Restore", with_status("INACTIVE")),
    Row("a paused project in status", STATUS, 1, "project-asleep", "paused", "Restore", with_status("INACTIVE")),
    Row("a restoring project", PUSH, 1, "project-asleep", "RESTORING", "healthy", with_status("RESTORING")),
    Row("a removed project", PUSH, 1, "project-asleep", "REMOVED", "dashboard", with_status("REMOVED"), once=True),
    Row("a write that nobody can settle", PUSH, 5, "outcome-unknown", "settled", "sbapply status", lost_for_good),
)
