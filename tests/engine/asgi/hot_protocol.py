"""One connection of the server in this process, and what stands at its ends."""

import asyncio
from typing import Any

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
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.received += data
        if data.startswith(b"HTTP/1.1 "):
            self.heads.put_nowait(data)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return self.is_closed

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self.is_closed = True


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


def new_recorder(metrics: Metrics | None = None) -> RequestRecorder:
    """Return one that writes no lines."""
    return RequestRecorder(metrics or Metrics("shop"), NoLines(), Debouncer)


async def framework(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 422, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class FrameworkAlone(ObservabilityMiddleware):
    """What the server calls, without the layer's own look at the table."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await framework(scope, receive, send)


def connected(app: ObservabilityMiddleware, root: str = "") -> tuple[HotProtocol, Client]:
    """Connect to an application, which has a path where a proxy has one for it."""
    app.recorder = new_recorder()
    config = Config(app, interface="asgi3", lifespan="off", log_config=None, root_path=root)
    config.load()
    config.loaded_app = app
    state = ServerState(AsgiServerSettings(root_path=root))
    state.starts = starts = StartQueue(asyncio.get_running_loop())
    state.shedder = Shedder(1.0, lambda: state.total_requests, starts.waiting, lambda: None)
    state.shedder.most = MOST
    starts.follow(state.shedder)
    protocol = HotProtocol(config, state, {}, asyncio.get_running_loop())
    client = Client()
    protocol.connection_made(client)
    return protocol, client
