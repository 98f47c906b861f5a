"""The one layer around the whole application, in plain ASGI, so that streams stay streams."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .logs import bound_to_request, get_logger
from .metrics import Metrics
from .request import Observation, accepted_request_id
from .settings import LogSettings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

IS_HEAD = "app.is_head"
"""In the scope of a HEAD request, which the framework sees as a GET."""


class ObservabilityLayer:
    """Request id, timing headers, request metrics and access log."""

    def __init__(self, app: App, metrics: Metrics, settings: LogSettings) -> None:
        self.app = app
        self._metrics = metrics
        self._settings = settings

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Observe one HTTP request; everything else passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = accepted_request_id(_request_id(scope))
        seen = Observation(self._metrics, self._settings, scope["method"], scope["path"])
        if scope["method"] == "HEAD":  # the server leaves the body out
            scope = {**scope, "method": "GET", IS_HEAD: True}
        is_complete = False

        async def send_observed(message: Message) -> None:
            nonlocal is_complete
            if message["type"] == "http.response.start":
                seen.status = int(message["status"])
                extra = [(k.encode(), v.encode()) for k, v in seen.headers(request_id)]
                message["headers"] = [*message.get("headers", ()), *extra]
            else:
                is_complete = not message.get("more_body", False)
            await send(message)

        with bound_to_request(request_id=request_id):
            try:
                await self.app(scope, receive, send_observed)
            except Exception:
                get_logger().exception("request failed")
                if not is_complete:  # the server must cut the connection
                    raise
            finally:
                seen.finish(_route(scope), is_complete=is_complete)


def _request_id(scope: Message) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value, "latin-1")
    return None


def _route(scope: Message) -> str | None:
    """Return the template the router matched, such as `/users/{user_id}`."""
    return getattr(scope.get("route"), "path", None)
