"""HTTP/1 on the event loop of uvicorn, its requests handled by a WSGI application in threads.

This module and `hotpath.server` alone rely on private parts of uvicorn, which is pinned to a minor
version for it: here of `HttpToolsProtocol` the callbacks of the parser, `flow`, `tasks`,
`connections` and `server_state`. `SERVER__KIND=gunicorn` does without it.
"""

from asyncio import AbstractEventLoop, BaseTransport
from collections import deque
from contextlib import suppress
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from hotpath.http.deadlines import LATE, InvalidTimeout
from hotpath.http.paths import target_without_root
from hotpath.server.connection import Connection
from hotpath.server.refusals import BUSY
from hotpath.server.repeated_head import RepeatedHead
from hotpath.server.state import ServerState
from hotpath.wsgi.server.environ import base_environ, head_environ
from hotpath.wsgi.server.exchange import Exchange
from hotpath.wsgi.server.response import date_line
from hotpath.wsgi.server.threads import WORKER, Threads, WorkerState

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_SHORTEST_S = 0.1
"""Requests are not looked at before."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ThreadedProtocol(Connection):
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
        self._repeated: RepeatedHead[WSGIEnvironment] = RepeatedHead({})
        self.started_at = 0.0
        """When the running request was given to the threads, or its body was complete."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Start to wait for a request."""
        super().connection_made(transport)
        self._environ = base_environ(
            self.server,
            self.client,
            workers=self.config.workers,
            root_path=self._settings.root_path,
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the application see the end of a body that stays incomplete."""
        del exc
        self.connections.discard(self)
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
        is_short = is_start and len(data) <= self._settings.max_head_bytes
        target = self._repeated.target(data) if is_short and not self._is_refused else None
        if target is not None and self._root_path:
            target = target_without_root(target, self._root_path)
        if target is not None and self.is_refused(target):
            self.send_busy()
            return
        if target is not None:
            self._active_at = self._began_at = self.loop.time()
            self._begin(self._repeated.parsed, target, is_last=self.state.is_draining)
            self._end()
            return
        self._is_kept_alive = False
        super().data_received(data)
        if not self._is_between_requests:
            self._expect_rest()
        elif is_start and self._is_kept_alive:
            self._repeated.learn(data, self._head)

    def begin_request(self) -> None:
        """Queue the request, whose body may follow."""
        parser = self.parser
        version = parser.get_http_version()
        self._head = head_environ(self._environ, parser.get_method(), version, self.headers)
        is_wanted = version != "1.0" and parser.should_keep_alive()
        self._is_kept_alive = is_wanted and not self.state.is_draining
        self._begin(self._head, self.url, is_last=not self._is_kept_alive)

    def on_body(self, body: bytes) -> None:
        """Keep a piece of a body, unless the response is already there."""
        newest = self._newest
        if newest is not None and not newest.is_responded and newest.feed(body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
            self._stream(newest)

    def end_request(self) -> None:
        """Handle the request, which is complete."""
        self._end()

    def break_body(self) -> None:
        """Have the application respond to a body that cannot be parsed."""
        if self._newest is not None:
            self._newest.break_body()
            self._start_next()

    @staticmethod
    def queue_of(app_state: dict[str, Any]) -> Threads:
        """Return where requests wait for a thread."""
        worker: WorkerState = app_state[WORKER]
        return worker.threads

    @property
    def is_busy(self) -> bool:
        """Whether a request is handled, or waits for it."""
        return self._running is not None or bool(self._waiting)

    def end_after_response(self) -> None:
        """Close the connection after the responses to the requests that were received."""
        last = self._waiting[-1] if self._waiting else self._running
        if last is not None:
            last.is_last = True

    @property
    def is_unanswered(self) -> bool:
        """Whether a request is handled, and nothing of its response is sent yet."""
        return self.is_busy and (self._running is None or not self._running.is_started)

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
        self._count_ended(exchange)
        if self.transport.is_closing():
            return
        self.transport.write(data)
        if exchange.is_last:
            self._waiting.clear()
            self.transport.close()
            return
        self._active_at = self._began_at = self.loop.time()
        self._start_next()
        if self._running is None and self._waiting:  # its body is not yet complete
            self._expect_body(self._waiting[0])
        if self._running is None or not self._waiting:
            self.flow.resume_reading()

    def _count_ended(self, exchange: Exchange) -> None:
        self._running = None
        self._in_progress.discard(exchange)
        self.server_state.total_requests += 1

    def refuse_late(self, exchange: Exchange, _data: bytes) -> None:
        """Tell that there are too many requests to one that has waited."""
        if self.state.shedder is not None:
            self.state.shedder.count_late()
        if exchange.is_complete:
            response = self.render(*BUSY, is_last=exchange.is_last, is_head=exchange.is_head)
            self.finish(exchange, response)
            return
        self._count_ended(exchange)
        if not self.transport.is_closing():
            self.refuse(*BUSY)
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
        """Wait for the rest of a body."""
        newest = self._newest
        if newest is not None and not newest.is_complete:
            self._expect_body(newest)

    def _end(self) -> None:
        if self._newest is None:
            return
        self._newest.end()
        if self._running is self._newest:  # it has read its body while it came
            self.started_at = monotonic()
        else:
            self._start_next()

    def _start_next(self) -> None:
        if self._running is None and self._waiting and self._waiting[0].is_ready:
            self._running = self._waiting.popleft()
            self._in_progress.add(self._running)
            self.started_at = monotonic()
            self.worker.threads.start(self._running.run, self._running.target)

    def _stream(self, exchange: Exchange) -> None:
        exchange.stream(self._settings.body_timeout_s, self._settings.min_body_rate)
        self._start_next()

    def _expect_body(self, exchange: Exchange) -> None:
        if exchange.is_ready:
            return
        size, is_client_waiting = exchange.expected_body()
        if is_client_waiting and (self._running or self._waiting[0]) is exchange:
            self.transport.write(_CONTINUE)
        if size > HIGH_WATER_LIMIT:
            self._stream(exchange)

    def check(self, now: float) -> None:
        """Close a connection on which nothing was received, or read, for too long."""
        if self._running is not None:
            self._check_running(self._running, now)
        else:
            super().check(now)

    def _check_running(self, exchange: Exchange, now: float) -> None:
        """Tell the client if a request takes too long; its thread cannot be cancelled."""
        elapsed_s = now - self.started_at
        if elapsed_s < _SHORTEST_S or exchange.is_started or not exchange.is_complete:
            return
        with suppress(InvalidTimeout):
            if elapsed_s > exchange.timeout_s(self._settings.request_timeout_s):
                cors = self.state.cors
                added = b"" if cors is None else cors.lines(exchange.origin)
                exchange.note(LATE[0])
                self.transport.write(self.render(*LATE, is_head=exchange.is_head, added=added))
                self.transport.close()

    def check_body(self, now: float) -> None:
        """Have the application respond that the body does not come, if it does not."""
        settings, received = self._settings, self._waiting[0].received if self._waiting else 0
        elapsed_s = now - self._began_at
        is_late = elapsed_s > settings.body_timeout_s
        is_slow = is_late and received < settings.min_body_rate * elapsed_s
        if not (is_slow or now - self._active_at > settings.body_timeout_s):
            return
        if self._waiting:
            self._waiting[0].stream(0, 0)
            self._start_next()
        else:
            self.transport.close()
