"""What of a connection the parser gets to see."""

import asyncio
from typing import Any, cast

import pytest
from hotpath.aio.concurrency import Debouncer
from hotpath.asgi.messages import RequestHead
from hotpath.asgi.middleware import ObservabilityMiddleware
from hotpath.asgi.responses import Response, render_json
from hotpath.asgi.server.uvicorn_protocol import HotProtocol
from hotpath.observability.access_log import NoLines
from hotpath.observability.metrics import Metrics
from hotpath.observability.requests import RequestRecorder
from hotpath.server.shedding import Shedder
from hotpath.server.start_queue import StartQueue
from hotpath.server.state import ServerState
from hotpath.settings import AsgiServerSettings
from uvicorn.config import Config

ANSWERS_WITHIN_S = 5.0
TURNS = 10
"""More than it takes until what is cancelled notices it."""
MOST = 8
"""Requests that may wait: no tick comes while these tests run."""
REQUEST = b"GET /%b HTTP/1.1\r\nhost: test\r\nx-request-id: %b\r\n\r\n"


class PathAsJson:
    """Answers each request with its path; those of `/bad` the framework has to look at."""

    template = "/{path}"
    has_body = False

    def __init__(self, head: RequestHead) -> None:
        self.path = head.path

    def accepts(self, body: bytes) -> bool:
        return self.path != "/bad"

    async def respond(self) -> Response:
        return render_json(self.path.encode())


class Everything:
    """A table of hot routes that knows all paths."""

    is_empty = False

    def find(self, head: RequestHead) -> PathAsJson:
        return PathAsJson(head)


class Nothing:
    """A table without hot routes, which nobody has to ask."""

    is_empty = True

    def find(self, head: RequestHead) -> None:
        raise AssertionError(f"asked for {head.path}")


class Client(asyncio.Transport):
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.received = b""
        self.heads: asyncio.Queue[bytes] = asyncio.Queue()

    def write(self, data: Any) -> None:
        self.received += data
        if data.startswith(b"HTTP/1.1 "):
            self.heads.put_nowait(data)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        pass


class Parser:
    """The protocol's own, which notes what it was fed."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self.fed: list[bytes] = []

    def feed_data(self, data: bytes) -> None:
        self.fed.append(data)
        self._parser.feed_data(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)


def new_recorder() -> RequestRecorder:
    """Return one that writes no lines."""
    return RequestRecorder(Metrics("shop"), NoLines(), Debouncer)


async def framework(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 422, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class FrameworkAlone(ObservabilityMiddleware):
    """What the server calls, without the layer's own look at the table."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await framework(scope, receive, send)


async def answered(*requests: bytes) -> tuple[Client, Parser]:
    """Send requests over one connection, each once the one before is answered."""
    return await answered_by(ObservabilityMiddleware(framework, Everything()), *requests)


def connected(app: ObservabilityMiddleware) -> tuple[HotProtocol, Client]:
    """Connect to an application."""
    app.recorder = new_recorder()
    config = Config(app, interface="asgi3", lifespan="off", log_config=None)
    config.load()
    config.loaded_app = app
    state = ServerState(AsgiServerSettings())
    state.starts = starts = StartQueue(asyncio.get_running_loop())
    state.shedder = Shedder(1.0, lambda: state.total_requests, starts.waiting, lambda: None)
    state.shedder.most = MOST
    starts.follow(state.shedder)
    protocol = HotProtocol(config, state, {}, asyncio.get_running_loop())
    client = Client()
    protocol.connection_made(client)
    return protocol, client


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
