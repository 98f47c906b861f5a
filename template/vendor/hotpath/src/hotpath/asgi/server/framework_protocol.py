"""Requests that uvicorn passes to the framework, which may be cancelled.

Of `HttpToolsProtocol` of uvicorn it uses `cycle`, `pipeline`, `flow` and `_start_asgi_task`.
"""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hotpath.asgi.slow_bodies import InvalidBody
from hotpath.server.connection import Connection
from hotpath.server.refusals import BUSY
from hotpath.server.state import ServerState

_UNWANTED_S = 1.0
"""Seconds after which the work for a client that has gone is cancelled. Not at once: to cancel a
statement costs its connection, and most requests end sooner."""


class FrameworkProtocol(Connection):
    """One connection, all of whose requests the framework handles."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._broken: Any = None
        """The receiving end of the newest request, once its body cannot be parsed."""
        self._task: asyncio.Task[None] | None = None
        """What handles a request in the framework."""

    @property
    def is_busy(self) -> bool:
        """Whether a request is handled."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def is_unanswered(self) -> bool:
        """Whether a request is handled, and nothing of its response is sent yet."""
        is_started = self.pipeline or getattr(self.cycle, "response_started", False)
        return self.is_busy and not is_started

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.is_busy:
            self.cycle.disconnected = True
            self.loop.call_later(_UNWANTED_S, self._cancel_work)

    def break_body(self) -> None:
        """Let the framework respond to a body that cannot be parsed."""
        self._broken = self.cycle
        self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Go on with the connection, as uvicorn does, but without a timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._active_at = self.loop.time()
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def end_after_response(self) -> None:
        """Close the connection after the responses to the requests that were received."""
        self.cycle.keep_alive = False

    def cancel(self) -> None:
        """Stop to handle a request: respond that the service stops, or cut the response."""
        super().cancel()
        self._cancel_work()

    def _pass_to_uvicorn(self) -> None:
        url, headers = self.url, self.headers
        # An HTTP/1.0 client expects none, whatever it says: RFC 9110 10.1.1.
        expects = self.expect_100_continue and self.parser.get_http_version() == "1.1"
        HttpToolsProtocol.on_message_begin(self)
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        HttpToolsProtocol.on_headers_complete(self)
        if self.state.is_draining:
            self.cycle.keep_alive = False

    def _cancel_work(self) -> None:
        """Cancel what handles a request, whose response nobody reads."""
        if not self.is_busy:
            return
        self.cycle.disconnected = True
        task = self._work()
        if task is not None:
            task.cancel()

    def _work(self) -> asyncio.Task[None] | None:
        """Return what handles the request."""
        return self._task

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._start_cycle(cycle)

    def _start_cycle(self, cycle: Any) -> None:
        self._task = None  # of the request before, which may still work after its response
        if self.state.starts is None:
            self.begin(cycle, 0)
        else:
            self.state.starts.start(self, cycle)

    def begin(self, cycle: Any, period: int) -> None:
        """Have the framework handle a request."""
        super()._start_asgi_task(cycle, partial(self._handle, period))

    def drop(self, cycle: Any) -> None:
        """Forget a request whose client has gone."""
        cycle.response_complete = True

    def refuse_late(self, cycle: Any) -> None:
        """Tell that there are too many requests to one that has waited."""
        cycle.response_complete = True
        is_newest = cycle is self.cycle and not self._is_in_head
        if is_newest and not self._is_between_requests:  # its body still comes
            self.refuse(*BUSY)
        else:
            is_last, is_head = not cycle.keep_alive, self._is_head_of(cycle)
            self.transport.write(self.render(*BUSY, is_last=is_last, is_head=is_head))
            if is_last:
                self.transport.close()
        self.on_response_complete()

    def target_of(self, cycle: Any) -> bytes:
        """Return the path of a request."""
        path: bytes = cycle.scope["raw_path"]
        return path.removeprefix(self._root_path)

    def _is_head_of(self, cycle: Any) -> bool:
        return bool(cycle.scope["method"] == "HEAD")

    async def _handle(self, period: int, scope: Any, receive: Any, send: Any) -> None:
        """Let the application handle a request; it may be cancelled."""
        self._task = asyncio.current_task()
        try:
            with suppress(asyncio.CancelledError):
                await self.app(scope, partial(self._receive, receive), send)
        finally:
            if self.state.starts is not None:
                self.state.starts.ended(period)

    async def _receive(self, receive: Any) -> Any:
        """Receive a piece of a body.

        Raises:
            InvalidBody: the rest of it cannot be parsed.
        """
        message = await receive()
        if self._broken is receive.__self__ and message["type"] == "http.request":
            raise InvalidBody
        return message
