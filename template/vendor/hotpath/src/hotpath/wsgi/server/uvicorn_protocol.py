"""HTTP/1 on the event loop of uvicorn, its requests handled by a WSGI application in threads.

This module alone relies on private parts of uvicorn, which is pinned to a minor version for it: of
`HttpToolsProtocol` the callbacks of the parser, `flow`, `tasks`, `connections` and `server_state`.
`SERVER__KIND=gunicorn` does without it.
"""

from asyncio import AbstractEventLoop, BaseTransport, TimerHandle, Transport
from collections import deque
from threading import Condition
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from hotpath.server.repeated_head import RepeatedHead
from hotpath.wsgi.server.environ import base_environ, head_environ, origin_form
from hotpath.wsgi.server.exchange import Exchange
from hotpath.wsgi.server.response import date_line
from hotpath.wsgi.server.threads import WORKER, WorkerState

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ThreadedProtocol(HttpToolsProtocol):
    """One connection, its requests handled in their order.

    A thread handles a request once its body is complete, or has more than 64 KiB. Threads call
    only `date_line` directly, and everything else by the outbox.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.worker: WorkerState = app_state[WORKER]
        self.writable = Condition()
        """Notified when more can be written to the client, or it has disconnected."""
        self._running: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._newest: Exchange | None = None
        self._in_progress: set[Any] = self.tasks
        """What uvicorn waits for when it stops, and cancels in the end."""
        self._is_between_requests = True
        """Whether the next byte starts a request."""
        self._active_at = self.loop.time()
        """When a request started, more of it was received, or a response was finished."""
        self._repeated: RepeatedHead[WSGIEnvironment] = RepeatedHead({})
        self._unsent_bytes = 0
        settings = self.worker.settings
        self._check_interval_s = min(settings.keep_alive_s, settings.stream_stall_s)

    def connection_made(self, transport: BaseTransport) -> None:
        """Start to wait for a request."""
        super().connection_made(cast(Transport, transport))
        workers = self.config.workers
        self._environ = base_environ(self.server, self.client, workers=workers)
        self._active_at = self.loop.time()
        self._timer: TimerHandle = self.loop.call_later(self._check_interval_s, self._check)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the application see the end of a body that stays incomplete."""
        del exc
        self.connections.discard(self)
        self._timer.cancel()
        if self._running is not None:
            self._running.disconnect()
        elif self._waiting:
            self._waiting[0].disconnect()
            self._start_next()
        self._waiting.clear()
        self.parser = None  # type: ignore[assignment] # it refers to this object

    def data_received(self, data: bytes) -> None:
        """Parse data, except for a head that repeats the one before."""
        is_start = self._is_between_requests
        target = self._repeated.target(data) if is_start else None
        if target is not None:
            self._begin(self._repeated.parsed, target, is_last=False)
            self._end()
            return
        self._is_kept_alive = False
        super().data_received(data)
        if not self._is_between_requests:
            self._expect_rest()
        elif is_start and self._is_kept_alive:
            self._repeated.learn(data, self._head)

    def on_message_begin(self) -> None:
        """Start a request."""
        self.url = b""
        self.headers = []
        self._is_between_requests = False
        self._active_at = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header as it is."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Queue the request, whose body may follow."""
        parser = self.parser
        version = parser.get_http_version()
        self._head = head_environ(self._environ, parser.get_method(), version, self.headers)
        self._is_kept_alive = version != "1.0" and parser.should_keep_alive()
        self._begin(self._head, origin_form(self.url), is_last=not self._is_kept_alive)

    def on_body(self, body: bytes) -> None:
        """Keep a piece of a body, unless the response is already there."""
        newest = self._newest
        if newest is not None and not newest.is_responded and newest.feed(body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
            self._stream(newest)

    def on_message_complete(self) -> None:
        """Handle the request, which is complete."""
        self._is_between_requests = True
        self._end()

    def send_400_response(self, msg: str) -> None:
        """Reject what is not HTTP, after the responses to earlier requests."""
        self._waiting.clear()
        self._is_between_requests = False
        if self._running is None:
            super().send_400_response(msg)
        else:
            self._running.is_last = True
            self._running.end()
            self.flow.pause_reading()

    def shutdown(self) -> None:
        """Close the connection after the responses to the requests that were received."""
        last = self._waiting[-1] if self._waiting else self._running
        if last is None:
            self.transport.close()
        else:
            last.is_last = True

    def resume_writing(self) -> None:
        """Wake the thread that waits for the client."""
        super().resume_writing()
        with self.writable:
            self.writable.notify()

    def date_line(self) -> bytes:
        """Return the header with the time."""
        [(_, now)] = self.server_state.default_headers  # updated by uvicorn, once a second
        return date_line(now)

    def write(self, data: bytes) -> None:
        """Send a piece of a response, unless the client has disconnected."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def finish(self, exchange: Exchange, data: bytes) -> None:
        """Send the last piece of a response, and start the next request."""
        self._running = None
        self._in_progress.discard(exchange)
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.transport.write(data)
        if exchange.is_last:
            self._waiting.clear()
            self.transport.close()
            return
        self._active_at = self.loop.time()
        self._start_next()
        if self._running is None and self._waiting:  # its body is not yet complete
            self._expect_body(self._waiting[0])
        if self._running is None or not self._waiting:
            self.flow.resume_reading()

    def close_after(self, exchange: Exchange, data: bytes) -> None:
        """Send the last piece of an incomplete response, and close the connection."""
        exchange.is_last = True
        self.finish(exchange, data)

    def abort(self, exchange: Exchange, data: bytes) -> None:
        """Close the connection at once: the client does not read the response."""
        self.transport.abort()
        self.finish(exchange, data)

    def receive_more(self) -> None:
        """Receive more of a body; called in a thread."""
        self.worker.outbox.call(self.flow.resume_reading)

    def _begin(self, head: "WSGIEnvironment", target: bytes, *, is_last: bool) -> None:
        """Queue a request behind the earlier ones."""
        self._newest = Exchange(self, head, target, is_last=is_last)
        self._waiting.append(self._newest)
        if self._running is not None:
            self.flow.pause_reading()

    def _expect_rest(self) -> None:
        """Wait for the rest of a body; an incomplete head gets no more time."""
        newest = self._newest
        if newest is not None and not newest.is_complete:
            self._active_at = self.loop.time()
            self._expect_body(newest)

    def _end(self) -> None:
        if self._newest is not None:
            self._newest.end()
            self._start_next()

    def _start_next(self) -> None:
        if self._running is None and self._waiting and self._waiting[0].is_ready:
            self._running = self._waiting.popleft()
            self._in_progress.add(self._running)
            self.worker.threads.start(self._running.run)

    def _stream(self, exchange: Exchange) -> None:
        exchange.stream(self.worker.settings.stream_stall_s)
        self._start_next()

    def _expect_body(self, exchange: Exchange) -> None:
        if exchange.is_ready:
            return
        size, is_client_waiting = exchange.expected_body()
        if is_client_waiting and (self._running or self._waiting[0]) is exchange:
            self.transport.write(_CONTINUE)
        if size > HIGH_WATER_LIMIT:
            self._stream(exchange)

    def _check(self) -> None:
        """Close a connection on which nothing was received, or read, for too long.

        One timer that checks the time costs less than one that each request creates and cancels.
        """
        wait_s = self._check_interval_s
        if self._running is None:
            unsent, before = self.transport.get_write_buffer_size(), self._unsent_bytes
            self._unsent_bytes = unsent
            left_s = self._active_at + self._timeout_s() - self.loop.time()
            if unsent and unsent == before:
                self.transport.abort()
            elif not unsent and left_s <= 0:
                self._time_out()
            elif not unsent:
                wait_s = min(left_s, wait_s)
        self._timer = self.loop.call_later(wait_s, self._check)

    def _timeout_s(self) -> float:
        settings = self.worker.settings
        return settings.stream_stall_s if self._waiting else settings.keep_alive_s

    def _time_out(self) -> None:
        if self._waiting:  # the application responds that the body is incomplete
            self._waiting[0].stream(0)
            self._start_next()
        else:
            self.transport.close()
