"""Call the sandbox in-process, as an httpx transport."""

import queue
import threading
from collections.abc import Callable

import httpx

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse


class SandboxTransport(httpx.BaseTransport):
    """Carry httpx requests to a handler without a socket.

    The client's read timeout holds: after it ``httpx.ReadTimeout`` is raised while the request goes on, as it
    would behind a real gateway.
    """

    def __init__(self, handler: Callable[[SandboxRequest], SandboxResponse]) -> None:
        self._handler = handler

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises ``httpx.ReadTimeout``."""
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        incoming = SandboxRequest(request.method, path, query, dict(request.headers), request.read())
        timeout = request.extensions.get("timeout", {}).get("read")
        outgoing = self._handler(incoming) if timeout is None else self._answer_within(timeout, incoming, request)
        return httpx.Response(outgoing.status, headers=list(outgoing.headers), content=outgoing.body)

    def _answer_within(self, timeout: float, incoming: SandboxRequest, request: httpx.Request) -> SandboxResponse:
        """Run the handler in a thread and wait for it no longer than ``timeout`` seconds."""
        answers: queue.SimpleQueue[SandboxResponse | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put(self._handler(incoming))
            except BaseException as error:  # noqa: BLE001 - carried to the caller's thread and raised there
                answers.put(error)

        threading.Thread(target=work, name="sandbox-request", daemon=True).start()
        try:
            answer = answers.get(timeout=timeout)
        except queue.Empty:
            raise httpx.ReadTimeout("timed out", request=request) from None
        if isinstance(answer, BaseException):
            raise answer
        return answer
