"""The server with an application of a test's own, in this process."""

from contextlib import closing
from http.client import HTTPConnection
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, cast

import uvicorn
from hotpath.listening import listen_on_address
from hotpath.server.shedding import Shedder
from hotpath.server.uvicorn import Server
from hotpath.settings import ServerSettings
from hotpath.testing.servers import HOST
from hotpath.wsgi.server.threads import WORKER, Outbox, Threads, WorkerState
from hotpath.wsgi.server.uvicorn_protocol import ThreadedProtocol
from hotpath_services.process import wait_until
from uvloop import new_event_loop

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SOON_S = 20.0
THREADS = 4


class Parser:
    """The protocol's own, which notes what it was fed."""

    def __init__(self, parser: Any, fed: list[bytes]) -> None:
        self._parser = parser
        self._fed = fed

    def feed_data(self, data: bytes) -> None:
        self._fed.append(data)
        self._parser.feed_data(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)


class WsgiServer:
    """Answers by an application; `parsed` is what the parsers of its connections were fed."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.parsed: list[bytes] = []
        self._app = app
        self._loop = new_event_loop()
        self._threads = Threads(THREADS, self._loop)
        config = uvicorn.Config(
            _nothing,
            port=0,
            http=cast(Any, self._connect),
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            server_header=False,
        )
        self._server = Server(config, ServerSettings(kind="uvicorn", threads=THREADS))
        self._listener = listen_on_address(HOST, 0)
        self._port = self._listener.getsockname()[1]
        serve = self._server.serve([self._listener])
        self._running = Thread(target=self._loop.run_until_complete, args=(serve,), daemon=True)

    def __enter__(self) -> Self:
        self._threads.__enter__()
        self._running.start()
        assert wait_until(lambda: self._server.started, SOON_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._running.join(SOON_S)
        self._threads.__exit__()
        self._loop.close()

    def refuse_late(self, shedder: Shedder) -> None:
        """Have a shedder say which requests have waited for a thread for too long."""
        self._server.server_state.shedder = shedder

    def let_be_busy(self, count: int) -> None:
        """Let so many of its threads be busy, and others only with what is exempt."""
        self._threads._limit.value = count

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._port
        return port

    @property
    def is_stopping(self) -> bool:
        """Whether it has told its connections so."""
        return self._server.server_state.is_draining

    def stop(self) -> None:
        """Have it end as soon as what came is answered."""
        self._server.should_exit = True

    def get(self, path: str = "/", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """Ask on a connection of its own; return status, headers and body.

        Raises:
            http.client.IncompleteRead: the answer ends before it is whole.
        """
        connection = HTTPConnection(HOST, self.port, timeout=SOON_S)
        with closing(connection):
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def _connect(self, config: Any, server_state: Any, app_state: Any, _loop: Any) -> Any:
        del app_state, _loop
        outbox = Outbox(self._loop)
        answering = WorkerState(self._app, self._threads, outbox, ServerSettings())
        protocol = ThreadedProtocol(config, server_state, {WORKER: answering})
        protocol.parser = cast(Any, Parser(protocol.parser, self.parsed))
        return protocol


def _nothing(*_: object) -> Any:
    """Stand for the application that uvicorn wants."""
