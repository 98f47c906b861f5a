"""A stream is closed at once, by whoever sends it and not by the garbage collector."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any

import pytest
from fastapi import Request
from hotpath.asgi.messages import IS_HEAD
from hotpath.asgi.responses import render_stream

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Pieces:
    """A stream without end that knows what became of it."""

    def __init__(self) -> None:
        self.taken = 0
        self.is_closed = False
        self.stream = self._make()  # kept, so that nothing but `aclose` ends it

    async def _make(self) -> AsyncGenerator[bytes]:
        try:
            yield b""
            while True:
                self.taken += 1
                yield b"piece"
        finally:
            self.is_closed = True


async def answer(pieces: Pieces, send: Send, *, gone: asyncio.Event, **scope: Any) -> None:
    """Send the pieces to a client that leaves when `gone` is set."""
    request = Request({"type": "http", "headers": [], **scope})

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    await anext(pieces.stream)
    response = render_stream(request, pieces.stream, "text/plain", stall_s=0.05)
    await asyncio.wait_for(response(request.scope, receive, send), 10)


async def test_a_client_that_leaves_closes_the_stream() -> None:
    pieces, gone = Pieces(), asyncio.Event()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        await asyncio.sleep(0)
        if len(sent) == 5:
            gone.set()

    await answer(pieces, send, gone=gone)

    assert pieces.is_closed
    assert all(message.get("more_body", True) for message in sent)


async def test_a_client_that_takes_nothing_closes_the_stream() -> None:
    pieces, never = Pieces(), asyncio.Event()

    async def send(message: Message) -> None:
        if message.get("body"):
            await never.wait()

    await answer(pieces, send, gone=never)

    assert (pieces.is_closed, pieces.taken) == (True, 1)


async def test_a_fault_closes_the_stream_and_is_raised() -> None:
    pieces = Pieces()

    async def send(message: Message) -> None:
        if message.get("body"):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await answer(pieces, send, gone=asyncio.Event())
    assert pieces.is_closed


async def test_asking_for_headers_takes_no_piece() -> None:
    pieces = Pieces()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await answer(pieces, send, gone=asyncio.Event(), **{IS_HEAD: True})

    assert (pieces.is_closed, pieces.taken) == (True, 0)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert not sent[-1]["more_body"]
