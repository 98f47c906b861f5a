"""HTTP/1 on the event loop, its requests answered by a WSGI application in threads."""

from asyncio import AbstractEventLoop, BaseTransport, TimerHandle
from collections import deque
from threading import Condition
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.server import ServerState

from hotpath.wsgi.server.exchange import Exchange
from hotpath.wsgi.server.reading import ReadingProtocol
from hotpath.wsgi.server.response import date_line
from hotpath.wsgi.server.threads import ANSWERING, Answering

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ThreadedProtocol(ReadingProtocol):
    """One connection, its requests answered in their order.

    A request takes a thread once its body is here, or is more than 64 KiB. Threads call nothing of
    this but `date_line`; the rest they have called by the outbox.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.answering: Answering = app_state[ANSWERING]
        self.room = Condition()
        """Told when the client took something, or left."""
        self._running: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._newest: Exchange | None = None
        self._in_progress: set[Any] = self.tasks
        """What uvicorn waits for at the end, and cancels at last."""
        self._unsent = 0
        settings = self.answering.settings
        self._tick_s = min(settings.keep_alive_s, settings.stream_stall_s)

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._timer: TimerHandle = self.loop.call_later(self._tick_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the application see the end of a body that will never be whole."""
        del exc
        self.connections.discard(self)
        self._timer.cancel()
        if self._running is not None:
            self._running.leave()
        elif self._waiting:
            self._waiting[0].leave()
            self._start_next()
        self._waiting.clear()
        self.parser = None  # type: ignore[assignment] # it refers to this object

    def begin(self, head: "WSGIEnvironment", target: bytes, *, is_last: bool) -> None:
        """Put a request in its place behind those that came before."""
        self._newest = Exchange(self, head, target, is_last=is_last)
        self._waiting.append(self._newest)
        if self._running is not None:
            self.flow.pause_reading()

    def go_on(self) -> None:
        """Have a body that is not whole waited for; a head has to come without a pause."""
        newest = self._newest
        if newest is not None and not newest.is_whole:
            self.heard_at = self.loop.time()
            self._await_body(newest)

    def end(self) -> None:
        """Hand over a request that is whole."""
        if self._newest is not None:
            self._newest.end()
            self._start_next()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of a body; nobody reads it once the request is answered."""
        newest = self._newest
        if newest is not None and not newest.is_answered and newest.feed(body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
            self._stream(newest)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, once what came before is answered."""
        self._waiting.clear()
        self.is_between = False
        if self._running is None:
            super().send_400_response(msg)
        else:
            self._running.is_last = True
            self._running.end()
            self.flow.pause_reading()

    def shutdown(self) -> None:
        """Close the connection when the requests that came are answered."""
        last = self._waiting[-1] if self._waiting else self._running
        if last is None:
            self.transport.close()
        else:
            last.is_last = True

    def resume_writing(self) -> None:
        """Wake the thread that waits for the client."""
        super().resume_writing()
        with self.room:
            self.room.notify()

    def date_line(self) -> bytes:
        """Return the header with the time."""
        [(_, now)] = self.server_state.default_headers  # by uvicorn, once a second
        return date_line(now)

    def write(self, data: bytes) -> None:
        """Send a piece, unless the client is gone."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def finish(self, exchange: Exchange, data: bytes) -> None:
        """Send the last piece of an answer, and go on with the next request."""
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
        self.heard_at = self.loop.time()
        self._start_next()
        if self._running is None and self._waiting:  # its body is not yet here
            self._await_body(self._waiting[0])
        if self._running is None or not self._waiting:
            self.flow.resume_reading()

    def cut(self, exchange: Exchange, data: bytes) -> None:
        """Send a last piece and close the connection: the answer will not be whole."""
        exchange.is_last = True
        self.finish(exchange, data)

    def abort(self, exchange: Exchange, data: bytes) -> None:
        """Close the connection at once: nobody takes the answer."""
        self.transport.abort()
        self.finish(exchange, data)

    def ask_for_more(self) -> None:
        """In a thread: have more of a body taken in."""
        self.answering.outbox.call(self.flow.resume_reading)

    def _start_next(self) -> None:
        if self._running is None and self._waiting and self._waiting[0].is_ready:
            self._running = self._waiting.popleft()
            self._in_progress.add(self._running)
            self.answering.threads.start(self._running.run)

    def _stream(self, exchange: Exchange) -> None:
        exchange.stream(self.answering.settings.stream_stall_s)
        self._start_next()

    def _await_body(self, exchange: Exchange) -> None:
        if exchange.is_ready:
            return
        size, is_waiting = exchange.awaited()
        if is_waiting and (self._running or self._waiting[0]) is exchange:
            self.transport.write(_CONTINUE)
        if size > HIGH_WATER_LIMIT:
            self._stream(exchange)

    def _look(self) -> None:
        """End a connection of which nothing came, or which takes nothing, for too long.

        One timer that looks at the clock costs less than one that each request sets and cancels.
        """
        wait_s = self._tick_s
        if self._running is None:
            unsent, before = self.transport.get_write_buffer_size(), self._unsent
            self._unsent = unsent
            left_s = self.heard_at + self._patience_s() - self.loop.time()
            if unsent and unsent == before:
                self.transport.abort()
            elif not unsent and left_s <= 0:
                self._give_up()
            elif not unsent:
                wait_s = min(left_s, wait_s)
        self._timer = self.loop.call_later(wait_s, self._look)

    def _patience_s(self) -> float:
        settings = self.answering.settings
        return settings.stream_stall_s if self._waiting else settings.keep_alive_s

    def _give_up(self) -> None:
        if self._waiting:  # the application says that a body did not come
            self._waiting[0].stream(0)
            self._start_next()
        else:
            self.transport.close()
