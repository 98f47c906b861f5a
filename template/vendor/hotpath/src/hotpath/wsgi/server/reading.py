"""Reads requests off a connection: with uvicorn's parser, and without where one repeats another."""

from abc import abstractmethod
from asyncio import AbstractEventLoop, BaseTransport, Transport
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from hotpath.server.repeated_head import RepeatedHead
from hotpath.wsgi.server.environ import base_environ, head_environ, origin_form

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class ReadingProtocol(HttpToolsProtocol):
    """One connection, as far as requests come in; all of it is called by the event loop."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.is_between = True
        """Whether the next byte begins a request."""
        self.heard_at = self.loop.time()
        """When the last request began to come in, went on, or was answered."""
        self._repeated: RepeatedHead[WSGIEnvironment] = RepeatedHead({})

    @abstractmethod
    def begin(self, head: "WSGIEnvironment", target: bytes, *, is_last: bool) -> None:
        """Take a request whose body may still come."""

    @abstractmethod
    def go_on(self) -> None:
        """Take note that more of a request came, whose end did not."""

    @abstractmethod
    def end(self) -> None:
        """Take note that the last byte of a request came."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Learn who speaks with whom."""
        super().connection_made(cast(Transport, transport))
        workers = self.config.workers
        self._environ = base_environ(self.server, self.client, workers=workers)
        self.heard_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Parse what came, but for a head that says what the one before said."""
        begins = self.is_between
        target = self._repeated.target(data) if begins else None
        if target is not None:
            self.begin(self._repeated.made, target, is_last=False)
            self.end()
            return
        self._is_kept = False
        super().data_received(data)
        if not self.is_between:
            self.go_on()
        elif begins and self._is_kept:
            self._repeated.learn(data, self._head)

    def on_message_begin(self) -> None:
        """Begin to read a head."""
        self.url = b""
        self.headers = []
        self.is_between = False
        self.heard_at = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header as it is."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Hand on a head."""
        parser = self.parser
        version = parser.get_http_version()
        self._head = head_environ(self._environ, parser.get_method(), version, self.headers)
        self._is_kept = version != "1.0" and parser.should_keep_alive()
        self.begin(self._head, origin_form(self.url), is_last=not self._is_kept)

    def on_message_complete(self) -> None:
        """Hand on the end of a request."""
        self.is_between = True
        self.end()
