"""Answers that are sent while they are made."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from ..observability.layer import IS_HEAD
from ..observability.logs import get_logger


def render_stream(
    request: Request, pieces: AsyncGenerator[bytes], media_type: str, stall_s: float
) -> Response:
    """Answer with the pieces as they come; they are closed at once when nobody takes them."""
    return _Stream(pieces, media_type, stall_s, is_head=IS_HEAD in request.scope)


class _Stream(Response):
    """A body of unknown length; if it is not sent to its end, the server cuts the connection."""

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
        """Send everything, unless the client leaves or takes nothing for too long."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        async with aclosing(self._pieces), _listening(receive) as has_left:
            try:
                await send({"type": "http.response.start", **start})
                await self._send_body(send, has_left)
            except _ClientStalled:
                get_logger().warning("client took nothing", seconds=self._stall_s)

    async def _send_body(self, send: Send, has_left: Callable[[], bool]) -> None:
        if not self._is_head:
            async for piece in self._pieces:
                if has_left():
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
    """The client keeps its connection and does not read."""


@asynccontextmanager
async def _listening(receive: Receive) -> AsyncIterator[Callable[[], bool]]:
    """Yield what tells whether the client has left; nobody is interrupted at the database."""
    departure = asyncio.create_task(_departure(receive))
    try:
        yield departure.done
    finally:
        departure.cancel()


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
