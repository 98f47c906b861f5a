"""HTTP as uvicorn speaks it, except that hot routes are answered as soon as they are parsed.

What uvicorn does for every request, a scope, a cycle and messages to and fro, takes 20 µs: more
than most hot routes. Its parser, its order of requests on a connection, its limits of what waits
and its way to stop stay as they are.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from hotpath.asgi.middleware import Head, ObservabilityMiddleware, first_of_each
from hotpath.asgi.server.exchange import HotExchange
from hotpath.observability.logs import REQUEST_ID
from hotpath.server.repeated_head import RepeatedHead

_METHODS = {b"GET": "GET", b"POST": "POST", b"PUT": "PUT", b"PATCH": "PATCH", b"DELETE": "DELETE"}
_BODY = frozenset({b"content-length", b"transfer-encoding"})


class HotProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        layer = cast(ObservabilityMiddleware, config.loaded_app)
        self._find = layer.shortcut.find
        self._has_hot = not layer.shortcut.is_empty
        self._recorder = layer.recorder
        self._coming: HotExchange | None = None
        """A hot request that is not wholly there."""
        self._is_between = True
        """Whether what comes next begins a request."""
        self._repeated: RepeatedHead[Mapping[bytes, bytes]] = RepeatedHead({})
        self._dates: list[tuple[bytes, bytes]] = []
        self._date = b""
        self._rests_since = self.loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self._look_at_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._coming is not None:  # the framework answers how far its body came
            self._leave_after_all(self._coming)
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        """Answer a hot request that repeats another but for its target; have others parsed."""
        begins, before = self._is_between, self.cycle
        if begins and (target := self._repeated.target(data)) is not None and self._again(target):
            return
        super().data_received(data)
        exchange = cast(Any, self.cycle)
        is_hot = exchange is not before and isinstance(exchange, HotExchange)
        if begins and self._is_between and is_hot and exchange.keep_alive:
            self._repeated.learn(data, first_of_each(self.headers))

    def on_message_begin(self) -> None:
        self._is_between = False
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        self._coming = self._hot_exchange()
        if self._coming is None:
            self._leave_to_framework()
        else:
            self.cycle = cast(Any, self._coming)

    def on_body(self, body: bytes) -> None:
        if self._coming is None:
            super().on_body(body)
        else:
            self._coming.body += body

    def on_message_complete(self) -> None:
        self._is_between = True
        exchange, self._coming = self._coming, None
        if exchange is None:
            super().on_message_complete()
        elif not self._start(exchange):
            self._leave_after_all(exchange)
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the connection, as uvicorn does, but for the timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._rests_since = self.loop.time()
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def shutdown(self) -> None:
        """Let uvicorn wait for what is being answered, and cancel it at last."""
        super().shutdown()
        task = getattr(self.cycle, "task", None)
        if task is not None and not task.done():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def _hot_exchange(self) -> HotExchange | None:
        """Return what answers a request that was parsed, or None if uvicorn's own way does."""
        parser = self.parser
        if not self._has_hot or parser.should_upgrade() or parser.get_http_version() != "1.1":
            return None
        method = _METHODS.get(parser.get_method())
        if method is None or self.expect_100_continue:
            return None
        headers = first_of_each(self.headers)
        return self._exchange(method, self.url, headers, keep_alive=parser.should_keep_alive())

    def _exchange(
        self, method: str, target: bytes, headers: Mapping[bytes, bytes], *, keep_alive: bool
    ) -> HotExchange | None:
        is_next = self.cycle is None or self.cycle.response_complete
        path, _, query = target.partition(b"?")
        if not is_next or self.flow.write_paused or b"%" in path or b"#" in query:
            return None
        if not path.isascii():
            return None
        head = Head(method, path.decode(), query, headers)
        call = self._find(head)
        if call is None or not (call.has_body or _BODY.isdisjoint(headers)):
            return None
        seen = self._recorder.begin(method, head.path, head.request_id)
        return HotExchange(call, seen, keep_alive=keep_alive)

    def _again(self, target: bytes) -> bool:
        """Answer a request with the headers of the one before; False if it has to be parsed."""
        exchange = self._exchange("GET", target, self._repeated.made, keep_alive=True)
        if exchange is None:
            return False
        is_started = self._start(exchange)
        if is_started:
            self.cycle = exchange  # type: ignore[assignment] # stands in for one
        else:
            self._recorder.leave()
        return is_started

    def _start(self, exchange: HotExchange) -> bool:
        """Begin to answer; False if the framework has to look at the input."""
        if not exchange.call.accepts(exchange.body):
            return False
        exchange.task = self.loop.create_task(self._answer(exchange))
        return True

    def _leave_to_framework(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _leave_after_all(self, exchange: HotExchange) -> None:
        self._recorder.leave()
        self.cycle = cast(Any, None)
        self._leave_to_framework()
        if not exchange.keep_alive:  # the server stops, or the client wants no more
            self.cycle.keep_alive = False
        super().on_body(exchange.body)

    async def _answer(self, exchange: HotExchange) -> None:
        seen = exchange.seen
        REQUEST_ID.set(seen.request_id)  # of this task alone
        is_complete = False
        try:
            answer = await exchange.call.answer()
            if not self.transport.is_closing():
                self.transport.write(exchange.render(answer, self._dated()))
                is_complete = True
        finally:
            exchange.response_complete = True
            if not (is_complete and exchange.keep_alive):
                self.transport.close()
            self._recorder.end(seen, exchange.call.template, is_complete=is_complete)
            self.on_response_complete()

    def _dated(self) -> bytes:
        """Return the headers that uvicorn gives every answer: the date."""
        dates = self.server_state.default_headers
        if dates is not self._dates:
            self._dates = dates
            self._date = b"".join(b"%b: %b\r\n" % each for each in dates)
        return self._date

    def _unset_keepalive_if_required(self) -> None:
        """Leave the timer: one that is made and cancelled for each request takes 2 µs."""

    def _look_at_rest(self) -> None:
        """Close the connection if no answer and no whole request came for `keep_alive_s`."""
        rests_s = self.loop.time() - self._rests_since
        is_busy = self.cycle is not None and not self.cycle.response_complete
        if rests_s >= self.timeout_keep_alive and not is_busy:
            self.transport.close()
        else:
            left_s = self.timeout_keep_alive - (0 if is_busy else rests_s)
            self.timeout_keep_alive_task = self.loop.call_later(left_s, self._look_at_rest)
