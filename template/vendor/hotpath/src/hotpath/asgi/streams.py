"""Responses that are sent while they are produced."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus

from fastapi import Request
from fastapi import Response as FrameworkResponse
from starlette.types import Receive, Scope, Send

from hotpath.asgi.middleware import IS_HEAD
from hotpath.observability.logs import get_logger


def render_stream(
    request: Request, pieces: AsyncGenerator[bytes], media_type: str, stall_s: float
) -> FrameworkResponse:
    """Stream the pieces; they are closed as soon as the client disconnects or stops reading."""
    return _Stream(pieces, media_type, stall_s, is_head=IS_HEAD in request.scope)


class _Stream(FrameworkResponse):
    """A body of unknown length; if it is not complete, the server closes the connection."""

    def __init__(
        self, pieces: AsyncGenerator[bytes], media_type: str, stall_s: float, *, is_head: bool
    ) -> None:
        self.status_code = HTTPStatus.OK
        self.media_type = media_type
        self.background = None
        self.init_headers()
        self._pieces = pieces
        self._stall_s = stall_s
        self._is_head = is_head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all pieces, unless the client disconnects or reads nothing for `stall_s`."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        async with aclosing(self._pieces), _watch_disconnect(receive) as is_disconnected:
            try:
                await send({"type": "http.response.start", **start})
                await self._send_body(send, is_disconnected)
            except _ClientStalled:
                get_logger().warning("client stopped reading", seconds=self._stall_s)

    async def _send_body(self, send: Send, is_disconnected: Callable[[], bool]) -> None:
        if not self._is_head:
            async for piece in self._pieces:
                if is_disconnected():
                    return
                await self._send_piece(send, piece, more_body=True)
        await self._send_piece(send, b"", more_body=False)

    async def _send_piece(self, send: Send, piece: bytes, *, more_body: bool) -> None:
        message = {"type": "http.response.body", "body": piece, "more_body": more_body}
        try:
            async with asyncio.timeout(self._stall_s):
                await send(message)
        except TimeoutError:
            raise _ClientStalled from None


class _ClientStalled(Exception):
    """The client keeps its connection open and does not read."""


@asynccontextmanager
async def _watch_disconnect(receive: Receive) -> AsyncIterator[Callable[[], bool]]:
    """Yield whether the client has disconnected; a query that runs is not interrupted."""
    disconnect = asyncio.create_task(_wait_for_disconnect(receive))
    try:
        yield disconnect.done
    finally:
        disconnect.cancel()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
