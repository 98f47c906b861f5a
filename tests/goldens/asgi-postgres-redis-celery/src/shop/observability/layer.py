"""The one layer around the whole application, in plain ASGI, so that streams stay streams."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from .logs import REQUEST_ID, get_logger
from .request import Observation, Recorder

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

IS_HEAD = "app.is_head"
"""In the scope of a HEAD request, which the framework sees as a GET."""


class Whole(Protocol):
    """An answer that is there as a whole."""

    status_code: int
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes | memoryview


class Shortcut(Protocol):
    """What may answer before the application is asked."""

    async def answer(self, scope: Message, receive: Receive) -> tuple[Whole | None, Receive]:
        """Return the answer, or None and what the application shall receive from."""
        ...


class ObservabilityLayer:
    """Request id, timing headers, request metrics and access log."""

    def __init__(self, app: App, shortcut: Shortcut, recorder: Recorder) -> None:
        self.app = app
        self.shortcut = shortcut
        self._recorder = recorder

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Observe one HTTP request; everything else passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = self._recorder.begin(scope["method"], scope["path"], _request_id(scope))
        if scope["method"] == "HEAD":  # the server leaves the body out
            scope = {**scope, "method": "GET", IS_HEAD: True}
        is_complete = False
        token = REQUEST_ID.set(seen.request_id)
        try:
            answer, receive = await self.shortcut.answer(scope, receive)
            if answer is None:
                is_complete = await self._forward(seen, scope, receive, send)
            else:
                await send(_start(seen, answer.status_code, answer.raw_headers))
                await send({"type": "http.response.body", "body": answer.body})
                is_complete = True
        finally:
            self._recorder.end(seen, _route(scope), is_complete=is_complete)
            REQUEST_ID.reset(token)

    async def _forward(
        self, seen: Observation, scope: Message, receive: Receive, send: Send
    ) -> bool:
        """Let the application answer; return whether it did so to the end."""
        is_complete = False

        async def send_observed(message: Message) -> None:
            nonlocal is_complete
            if message["type"] == "http.response.start":
                message = _start(seen, message["status"], message["headers"])
            else:
                is_complete = not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        except Exception:
            get_logger().exception("request failed")
            if not is_complete:  # the server must cut the connection
                raise
        return is_complete


def _start(seen: Observation, status: int, headers: list[tuple[bytes, bytes]]) -> Message:
    """Return the message that starts an answer; the time is that of the first byte out."""
    seen.status = status
    elapsed = seen.elapsed_s()
    timed = (
        *headers,
        (b"x-request-id", seen.request_id.encode()),
        (b"x-process-time", b"%.6f" % elapsed),
        (b"server-timing", b"app;dur=%.3f" % (elapsed * 1000)),
    )
    return {"type": "http.response.start", "status": status, "headers": timed}


def _request_id(scope: Message) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value, "latin-1")
    return None


def _route(scope: Message) -> str | None:
    """Return the template the router matched, such as `/users/{user_id}`."""
    return getattr(scope.get("route"), "path", None)
