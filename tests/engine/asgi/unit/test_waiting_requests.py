"""A request that waits for its turn on a connection: it begins, is refused, or is forgotten."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hotpath.asgi.messages import RequestHead
from hotpath.asgi.middleware import ObservabilityMiddleware
from hotpath.asgi.responses import Response
from hotpath.asgi.server.uvicorn_protocol import HotProtocol
from hotpath.observability.metrics import Metrics

from ..hot_protocol import (
    ANSWERS_WITHIN_S,
    REQUEST,
    Client,
    Everything,
    FrameworkAlone,
    Nothing,
    PathAsJson,
    connected,
    framework,
    new_recorder,
)

TURNS = 10
"""More than it takes until what is cancelled notices it."""


async def test_a_connection_is_not_idle_while_its_request_waits_for_its_turn() -> None:
    protocol, client = connected(ObservabilityMiddleware(framework, Everything()))
    loop, shedder = asyncio.get_running_loop(), protocol.state.shedder
    assert shedder is not None
    shedder.at_once = 0
    protocol.data_received(REQUEST % (b"a", b"me"))

    protocol.check(loop.time() + 3600)
    shedder.at_once = 1

    assert await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)
    assert client.received.endswith(b"\r\n\r\n/a")
    protocol.connection_lost(None)


def queued(app: ObservabilityMiddleware, *requests: bytes) -> tuple[HotProtocol, Client]:
    """Send requests that wait for their turn."""
    protocol, client = connected(app)
    assert protocol.state.shedder is not None
    protocol.state.shedder.at_once = 0
    for request in requests:
        protocol.data_received(request)
    return protocol, client


def let_begin(protocol: HotProtocol, *, is_late: bool = False) -> None:
    """Let what waits begin, or be refused."""
    shedder = protocol.state.shedder
    assert shedder is not None
    shedder.tick(0.2, 0.2)
    shedder.at_once, shedder.late_s = 1, -1.0 if is_late else 60.0


@pytest.mark.parametrize(
    "layer",
    [ObservabilityMiddleware(framework, Everything()), FrameworkAlone(framework, Nothing())],
)
async def test_who_is_refused_late_keeps_the_connection_for_what_has_begun_to_come(
    layer: ObservabilityMiddleware,
) -> None:
    protocol, client = queued(layer, REQUEST % (b"a", b"me"), b"HEAD /b HTTP/1.1\r\nho")
    let_begin(protocol, is_late=True)

    refusal = await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)
    let_begin(protocol)
    protocol.data_received(b"st: test\r\n\r\n")

    assert refusal.startswith(b"HTTP/1.1 503 ")
    assert b"connection: close" not in refusal
    assert not refusal.endswith(b"\r\n\r\n")
    assert await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)
    protocol.connection_lost(None)


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize(
    "layer",
    [ObservabilityMiddleware(framework, Everything()), FrameworkAlone(framework, Nothing())],
)
async def test_a_late_refusal_is_as_the_request_wants_it(
    layer: ObservabilityMiddleware, method: bytes, *, is_last: bool
) -> None:
    closing = b"connection: close\r\n" * is_last
    head = b"%b /a HTTP/1.1\r\nhost: test\r\n%b\r\n" % (method, closing)
    protocol, client = queued(layer, head)
    let_begin(protocol, is_late=True)

    refusal = await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)

    assert refusal.startswith(b"HTTP/1.1 503 ")
    assert refusal.endswith(b"\r\n\r\n") == (method == b"HEAD")
    assert (b"connection: close" in refusal, client.is_closed) == (is_last, is_last)
    protocol.connection_lost(None)


@pytest.mark.parametrize("has_gone", [False, True])
async def test_what_never_begins_is_not_in_flight(*, has_gone: bool) -> None:
    layer = ObservabilityMiddleware(framework, Everything())
    protocol, client = queued(layer)
    metrics = Metrics("shop")
    protocol._recorder = new_recorder(metrics)
    protocol.data_received(REQUEST % (b"a", b"me"))
    metrics.flush()
    assert metrics.in_flight.value == 1
    client.is_closed = has_gone
    let_begin(protocol, is_late=True)
    for _ in range(TURNS):
        await asyncio.sleep(0)

    metrics.flush()
    assert metrics.in_flight.value == 0
    protocol.connection_lost(None)


@pytest.mark.parametrize("root", ["", "/api"])
@pytest.mark.parametrize(
    "layer",
    [ObservabilityMiddleware(framework, Everything()), FrameworkAlone(framework, Nothing())],
)
async def test_a_health_check_waits_for_nobody(layer: ObservabilityMiddleware, root: str) -> None:
    protocol, client = connected(layer, root)
    assert protocol.state.shedder is not None
    assert protocol.state.starts is not None
    protocol.state.shedder.at_once = 0

    for path in (b"users", b"healthz"):
        other, _ = (protocol, client) if path == b"healthz" else connected(layer, root)
        other.state = protocol.state
        other.data_received(REQUEST % (root.encode()[1:] + b"/" * bool(root) + path, b"me"))

    assert protocol.state.starts.waiting() == 1
    assert await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)
    protocol.connection_lost(None)


async def test_who_waits_and_is_cancelled_leaves_the_work_of_the_request_before() -> None:
    may_end, has_ended = asyncio.Event(), asyncio.Event()

    async def works_on(scope: Any, receive: Any, send: Any) -> None:
        await framework(scope, receive, send)
        await may_end.wait()
        if not scope["query_string"]:
            has_ended.set()

    protocol, client = connected(ObservabilityMiddleware(works_on, Everything()))
    protocol.data_received(REQUEST % (b"bad", b"me"))
    await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)
    assert protocol.state.shedder is not None
    protocol.state.shedder.at_once = 0
    protocol.data_received(REQUEST % (b"bad?second", b"me"))
    protocol.cancel()
    for _ in range(TURNS):
        await asyncio.sleep(0)
    may_end.set()

    await asyncio.wait_for(has_ended.wait(), ANSWERS_WITHIN_S)
    protocol.connection_lost(None)


def noting(
    notes: list[int], running: Callable[[], int], may_end: asyncio.Event, *, is_hot: bool
) -> Any:
    """Return an application that notes how many requests run while it handles one."""

    class Noting(PathAsJson):
        async def respond(self) -> Response:
            notes.append(running())
            await may_end.wait()
            return await super().respond()

    class Hot(Everything):
        def find(self, head: RequestHead) -> PathAsJson:
            return Noting(head)

    class Layer(ObservabilityMiddleware):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            notes.append(running())
            await may_end.wait()
            await framework(scope, receive, send)
            raise ValueError("it fails")  # that it failed is no reason to count it for ever

    return Layer(framework, Hot() if is_hot else Nothing())


@pytest.mark.parametrize("is_cancelled", [False, True])
@pytest.mark.parametrize("is_hot", [True, False])
async def test_a_request_runs_until_it_has_ended(*, is_hot: bool, is_cancelled: bool) -> None:
    notes: list[int] = []
    may_end = asyncio.Event()

    def running() -> int:
        assert protocol.state.starts is not None
        return protocol.state.starts._limit.busy

    protocol, client = connected(noting(notes, running, may_end, is_hot=is_hot))

    protocol.data_received(REQUEST % (b"a", b"me"))
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert (notes, running()) == ([1], 1)
    (protocol.cancel if is_cancelled else may_end.set)()

    assert await asyncio.wait_for(client.heads.get(), ANSWERS_WITHIN_S)
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert (notes, running()) == ([1], 0)
    protocol.connection_lost(None)
