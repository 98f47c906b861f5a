"""How large a request body may be."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LIMIT = "max_body_bytes"


class BodyTooLarge(HTTPException):
    """The body is larger than the limit of its route."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self.max_bytes = max_bytes


class BodyLimit:
    """Refuses a body before it is read, or once more of it came than the limit.

    A route may set another limit before it reads. What still comes is thrown away, after the
    answer, so that the connection can be used again.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of one HTTP request; everything else passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[_LIMIT] = self._max_bytes
        expected = int(dict(scope["headers"]).get(b"content-length", 0))
        taken = 0

        async def receive_bounded() -> Message:
            nonlocal taken
            if expected <= scope[_LIMIT]:
                message = await receive()
                taken += len(message.get("body", b""))
            if max(expected, taken) > scope[_LIMIT]:
                raise BodyTooLarge(scope[_LIMIT])
            return message

        await self.app(scope, receive_bounded, send)
        if max(expected, taken) > scope[_LIMIT]:
            await _discard(receive)


async def _discard(receive: Receive) -> None:
    # granian closes the connection otherwise, and the client's next request is lost.
    while (await receive()).get("more_body", False):
        pass


def allow_body(request: Request, max_bytes: int) -> None:
    """Set the limit of this request; call it before the body is read."""
    request.scope[_LIMIT] = max_bytes
