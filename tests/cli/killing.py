"""Kill the program while one of its requests is under way."""

import json
import time
from collections.abc import Callable

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project
from tests.cli.test_push import respond


def sql_of(request: SandboxRequest) -> str:
    """Return the SQL that a request carries."""
    query = json.loads(request.body)["query"]
    assert isinstance(query, str)
    return query


def kill_in_the_middle(
    project: Project, *words: str, of: Callable[[SandboxRequest], bool], reached: bool = True
) -> None:
    """Start the program with ``words`` and kill it once it waits for the answer to the first request ``of`` a kind.

    Where it is ``reached``, the database has run the request by then; else it never does.
    """
    under_way: list[SandboxRequest] = []

    def hold(request: SandboxRequest) -> SandboxResponse | None:
        if not of(request):
            return None
        if reached:
            project.database.run(sql_of(request))
        under_way.append(request)
        time.sleep(1)
        return respond(502, "gone")

    project.answer = hold
    with project.start(*words) as process:
        while not under_way:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.communicate()
    project.answer = lambda _request: None
