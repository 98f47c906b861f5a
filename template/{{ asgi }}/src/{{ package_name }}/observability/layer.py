"""The one layer around the whole application, in plain ASGI, so that streams stay streams."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .logs import REQUEST_ID, get_logger
from .request import Recorder

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

IS_HEAD = "app.is_head"
"""In the scope of a HEAD request, which the framework sees as a GET."""


class ObservabilityLayer:
    """Request id, timing headers, request metrics and access log."""

    def __init__(self, app: App, recorder: Recorder) -> None:
        self.app = app
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

        async def send_observed(message: Message) -> None:
            nonlocal is_complete
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                elapsed = seen.elapsed_s()
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", seen.request_id.encode()),
                    (b"x-process-time", b"%.6f" % elapsed),
                    (b"server-timing", b"app;dur=%.3f" % (elapsed * 1000)),
                ]
            else:
                is_complete = not message.get("more_body")
            await send(message)

        token = REQUEST_ID.set(seen.request_id)
        try:
            await self.app(scope, receive, send_observed)
        except Exception:
            get_logger().exception("request failed")
            if not is_complete:  # the server must cut the connection
                raise
        finally:
            seen.finish(_route(scope), is_complete=is_complete)
            REQUEST_ID.reset(token)


def _request_id(scope: Message) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value, "latin-1")
    return None


def _route(scope: Message) -> str | None:
    """Return the template the router matched, such as `/users/{user_id}`."""
    return getattr(scope.get("route"), "path", None)
