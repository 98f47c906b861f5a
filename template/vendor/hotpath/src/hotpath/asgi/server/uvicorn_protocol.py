"""uvicorn's HTTP protocol, except that hot routes are handled as soon as they are parsed.

What uvicorn does for each request, a scope, a cycle and messages, takes 20 µs: more than most hot
routes. Its parser, the order of requests on a connection, flow control and shutdown stay.

This module, `framework_protocol` and `hotpath.server` alone rely on private parts of uvicorn, which
is pinned to a minor version for it: here of `HttpToolsProtocol` the callbacks of the parser,
`cycle`, `pipeline`, `flow` and `tasks`. `SERVER__KIND=granian` does without it.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hotpath.asgi.messages import FORWARDED, RequestHead, by_name, header_of, join_forwarded
from hotpath.asgi.middleware import TIMEOUT, ObservabilityMiddleware
from hotpath.asgi.server.exchange import HotExchange
from hotpath.asgi.server.framework_protocol import FrameworkProtocol
from hotpath.http.deadlines import LATE
from hotpath.http.paths import target_without_root
from hotpath.observability.client_address import UNIX_PEER
from hotpath.observability.request_context import REQUEST
from hotpath.server.heads import BODY_HEADERS
from hotpath.server.repeated_head import RepeatedHead
from hotpath.server.state import ServerState

_METHODS = {b"GET": "GET", b"POST": "POST", b"PUT": "PUT", b"PATCH": "PATCH", b"DELETE": "DELETE"}
_SOON_S = 0.5
"""Seconds in which the body of a hot request comes, most often together with its head."""


class HotProtocol(FrameworkProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        middleware = cast(ObservabilityMiddleware, config.loaded_app)
        self._find = middleware.hot_routes.find
        self._has_hot_routes = not middleware.hot_routes.is_empty
        self._recorder = middleware.recorder
        self._profiles = middleware.profiles
        self._proxies = middleware.recorder.proxies
        self._tracer = middleware.recorder.tracer
        self._cors = server_state.cors
        self._added = b""
        """Lines of headers for the origin of the hot request that is handled."""
        self._receiving: HotExchange | None = None
        """A hot request whose body is not complete."""
        self._repeated: RepeatedHead[Mapping[bytes, bytes]] = RepeatedHead({})
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._default_lines = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else UNIX_PEER

    def connection_lost(self, exc: Exception | None) -> None:
        if self._receiving is not None:  # the framework responds to an incomplete body
            self._fall_back(self._receiving)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle a hot request that repeats the head of the last one; parse any other data."""
        is_start, before = self._is_between_requests, self.cycle
        if is_start and len(data) <= self._settings.max_head_bytes and not self._is_refused:
            target = self._repeated.target(data)
            if target is not None and self._root_path:
                target = target_without_root(target, self._root_path)
            if target is not None and self.is_refused(target):
                self.send_busy()
                return
            if target is not None and self._repeat(target):
                return
        super().data_received(data)
        exchange = cast(Any, self.cycle)
        is_hot = exchange is not before and isinstance(exchange, HotExchange)
        if is_start and self._is_between_requests and is_hot and exchange.keep_alive:
            self._repeated.learn(data, self._headers())

    def begin_request(self) -> None:
        """Begin a request; a hot one waits for its body."""
        self._receiving = self._parsed_exchange()
        if self._receiving is None:
            self._pass_to_uvicorn()
        else:
            self.cycle = cast(Any, self._receiving)

    def on_body(self, body: bytes) -> None:
        if self._receiving is None:
            super().on_body(body)
        else:
            self._receiving.add(body)

    def end_request(self) -> None:
        """Start to handle a hot request, or tell the framework that its body is complete."""
        exchange, self._receiving = self._receiving, None
        if exchange is None:
            HttpToolsProtocol.on_message_complete(self)
        elif not self._start(exchange):
            self._fall_back(exchange)
            HttpToolsProtocol.on_message_complete(self)

    def break_body(self) -> None:
        """Let the framework respond to a body that cannot be parsed."""
        receiving, self._receiving = self._receiving, None
        if receiving is not None:
            self._fall_back(receiving)
        super().break_body()

    def check(self, now: float) -> None:
        """Cancel a hot request that takes too long; look after all else as usual."""
        exchange: Any = self.cycle
        is_open = not self.transport.is_closing()
        if (
            is_open
            and self.is_busy
            and isinstance(exchange, HotExchange)
            and exchange.task is not None
        ):
            if exchange.record.elapsed_s() > self._settings.request_timeout_s:
                exchange.record.status = HTTPStatus.GATEWAY_TIMEOUT
                self.transport.write(self.render(*LATE, added=self._added))
                self.transport.close()
                self._cancel_work()
        else:
            super().check(now)

    def check_body(self, now: float) -> None:
        """Let the framework wait for a body that does not come with its head; it has its time."""
        elapsed_s = now - self._began_at
        if self._receiving is not None and elapsed_s > _SOON_S:
            receiving, self._receiving = self._receiving, None
            self._fall_back(receiving)
        elif not self.is_busy and elapsed_s > self._settings.body_timeout_s:
            self.transport.close()  # nobody reads the rest of the body

    def _parsed_exchange(self) -> HotExchange | None:
        """Return the exchange of a request that was parsed, or None if uvicorn handles it."""
        parser = self.parser
        if not self._has_hot_routes or parser.get_http_version() != "1.1":
            return None
        method = _METHODS.get(parser.get_method())
        if method is None or self.expect_100_continue:
            return None
        keep_alive = parser.should_keep_alive() and not self.state.is_draining
        return self._exchange(method, self.url, self._headers(), keep_alive=keep_alive)

    def _headers(self) -> Mapping[bytes, bytes]:
        headers = by_name(self.headers)
        if self._proxies is not None:
            join_forwarded(headers, self.headers)
        return headers

    def _exchange(
        self, method: str, target: bytes, headers: Mapping[bytes, bytes], *, keep_alive: bool
    ) -> HotExchange | None:
        is_next = self.cycle is None or self.cycle.response_complete
        path, _, query = target.partition(b"?")
        if not is_next or self.flow.write_paused or b"%" in path or b"#" in query:
            return None
        if not path.isascii():
            return None
        head = RequestHead(method, path.decode(), query, headers)
        call = self._find(head)
        if call is None or not (call.has_body or BODY_HEADERS.isdisjoint(headers)):
            return None
        if TIMEOUT in headers:
            return None  # the middleware looks at the clock more often
        if self._profiles is not None and self._profiles.wants(b"x-profile" in headers):
            return None  # the middleware profiles it
        peer = self._peer
        if self._proxies is not None:
            peer = self._proxies.client(peer, headers.get(FORWARDED, b"").decode("latin-1"))
        record = self._recorder.begin(method, head.path, head.request_id, peer)
        if self._tracer is not None:
            self._tracer.start(record, header_of(headers))
        if self._cors is not None:
            self._added = self._cors.lines(headers.get(b"origin"))
        return HotExchange(call, record, keep_alive=keep_alive)

    def _repeat(self, target: bytes) -> bool:
        """Handle a request with the headers of the last one; False if it has to be parsed."""
        keep_alive = not self.state.is_draining
        exchange = self._exchange("GET", target, self._repeated.parsed, keep_alive=keep_alive)
        if exchange is None:
            return False
        is_started = self._start(exchange)
        if is_started:
            self.cycle = exchange  # type: ignore[assignment] # instead of uvicorn's
        else:
            self._recorder.discard()
        return is_started

    def _start(self, exchange: HotExchange) -> bool:
        """Start to respond; False if the framework has to handle the request."""
        if not exchange.call.accepts(bytes(exchange.body)):
            return False
        self._start_cycle(exchange)
        return True

    def begin(self, cycle: Any, period: int) -> None:
        """Handle a hot request here, any other in the framework."""
        if isinstance(cycle, HotExchange):
            cycle.task = self.loop.create_task(self._respond(cycle, period))
        else:
            super().begin(cycle, period)

    def drop(self, cycle: Any) -> None:
        """Forget a request whose client has gone."""
        super().drop(cycle)
        if isinstance(cycle, HotExchange):
            self._recorder.discard()

    def refuse_late(self, cycle: Any) -> None:
        """Tell that there are too many requests to one that has waited."""
        if isinstance(cycle, HotExchange):
            self._recorder.discard()
        super().refuse_late(cycle)

    def target_of(self, cycle: Any) -> bytes:
        """Return the path of a request."""
        is_hot = isinstance(cycle, HotExchange)
        return cycle.record.path.encode() if is_hot else super().target_of(cycle)

    def _is_head_of(self, cycle: Any) -> bool:
        return not isinstance(cycle, HotExchange) and super()._is_head_of(cycle)

    def _fall_back(self, exchange: HotExchange) -> None:
        self._recorder.discard()
        self.cycle = cast(Any, None)
        self._pass_to_uvicorn()
        if not exchange.keep_alive:  # the server stops, or the client asked to close
            self.cycle.keep_alive = False
        super().on_body(bytes(exchange.body))

    async def _respond(self, exchange: HotExchange, period: int) -> None:
        record = exchange.record
        REQUEST.set(record)  # in the context of this task
        if record.trace is not None:
            record.trace.attach()
        is_complete = False
        try:
            response = await exchange.call.respond()
            if not self.transport.is_closing():
                lines = self._default_header_lines()
                if self._cors is not None:
                    lines += self._added
                self.transport.write(exchange.render(response, lines))
                is_complete = True
        finally:
            exchange.response_complete = True
            if not (is_complete and exchange.keep_alive):
                self.transport.close()
            self._recorder.end(record, exchange.call.template, is_complete=is_complete)
            if self.state.starts is not None:
                self.state.starts.ended(period)
            self.on_response_complete()

    def _default_header_lines(self) -> bytes:
        """Return the headers that uvicorn adds to every response: the date."""
        headers = self.server_state.default_headers
        if headers is not self._default_headers:
            self._default_headers = headers
            self._default_lines = b"".join(b"%b: %b\r\n" % each for each in headers)
        return self._default_lines

    def _work(self) -> asyncio.Task[None] | None:
        exchange: Any = self.cycle
        return exchange.task if isinstance(exchange, HotExchange) else super()._work()
