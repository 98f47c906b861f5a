"""CORS in ASGI; used where an origin is set, elsewhere no request is asked for its."""

from collections.abc import Mapping

from hotpath.asgi.messages import App, Message, Receive, Send, encoded
from hotpath.http.cors import Cors

_METHOD = b"access-control-request-method"
_HEADERS = b"access-control-request-headers"


class PreflightMiddleware:
    """Responds to preflight requests, of any path, before the framework and its routes."""

    def __init__(self, app: App, cors: Cors) -> None:
        self._app = app
        self._cors = cors

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle one request; any other scope passes through."""
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        if b"origin" not in headers or _METHOD not in headers:
            await self._app(scope, receive, send)
            return
        requested = headers.get(_HEADERS)
        answer = self._cors.preflight(
            headers[b"origin"].decode("latin-1"),
            None if requested is None else requested.decode("latin-1"),
        )
        start = {"status": answer.status.value, "headers": encoded(answer.headers)}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": answer.body})
