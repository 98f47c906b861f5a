"""What of a connection the parser gets to see."""

import asyncio
from typing import Any, cast

import pytest
from hotpath.asgi.middleware import ObservabilityMiddleware

from ..hot_protocol import (
    ANSWERS_WITHIN_S,
    MOST,
    REQUEST,
    Client,
    Everything,
    FrameworkAlone,
    Nothing,
    Parser,
    connected,
    framework,
)


async def answered(*requests: bytes) -> tuple[Client, Parser]:
    """Send requests over one connection, each once the one before is answered."""
    return await answered_by(ObservabilityMiddleware(framework, Everything()), *requests)


async def answered_by(app: ObservabilityMiddleware, *requests: bytes) -> tuple[Client, Parser]:
    """Send requests to an application."""
    protocol, client = connected(app)
    parser = Parser(protocol.parser)
    protocol.parser = cast(Any, parser)
    for request in requests:
        protocol.data_received(request)
        await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)
    protocol.connection_lost(None)
    return client, parser


async def test_what_repeats_a_request_is_not_parsed() -> None:
    first, second, third = (REQUEST % (path, b"me") for path in (b"a", b"b", b"c?d=1"))

    client, parser = await answered(first, second, third)

    assert parser.fed == [first]
    assert client.received.count(b"x-request-id: me\r\n") == 3
    assert client.received.endswith(b"\r\n\r\n/c")


@pytest.mark.parametrize(
    "other",
    [REQUEST % (b"b", b"you"), REQUEST % (b"bad", b"me")],
)
async def test_what_differs_is_parsed(other: bytes) -> None:
    _, parser = await answered(REQUEST % (b"a", b"me"), other)

    assert parser.fed == [REQUEST % (b"a", b"me"), other]


async def test_what_was_parsed_last_is_what_is_repeated() -> None:
    mine, yours = REQUEST % (b"a", b"me"), REQUEST % (b"b", b"you")

    client, parser = await answered(mine, yours, yours, mine)

    assert parser.fed == [mine, yours, mine]
    assert client.received.count(b"x-request-id: you\r\n") == 2


async def test_without_hot_routes_their_table_is_not_asked() -> None:
    layer = FrameworkAlone(framework, Nothing())

    client, _ = await answered_by(layer, REQUEST % (b"a", b"me"))

    assert client.received.startswith(b"HTTP/1.1 422 ")


@pytest.mark.parametrize("path", [b"a", b"bad"])
async def test_one_request_after_the_other_is_never_too_much(path: bytes) -> None:
    learned, repeated = REQUEST % (b"a", b"me"), REQUEST % (path, b"me")

    client, _ = await answered(learned, *[repeated] * 5 * MOST)

    assert b" 503 " not in client.received
    assert client.received.count(b"HTTP/1.1 ") == 1 + 5 * MOST
