"""A connection of HTTP/1: what is read of a client, for how long, and what is refused.

What both flavours have in common; a request is handled by their own protocols. Of uvicorn, which is
pinned to a minor version, `HttpToolsProtocol` is used: the callbacks of the parser, `headers`,
`url`, `connections`, `transport` and `flow`.
"""

import asyncio
import fcntl
import termios
from array import array
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hotpath.http.paths import target_without_root
from hotpath.observability.client_address import MAPPED
from hotpath.server.heads import (
    BODY_HEADERS,
    is_framing,
    origin_form,
    refusal_of,
    size_of,
    without_upgrade,
)
from hotpath.server.refusals import (
    BUSY,
    NOT_HTTP,
    SLOW,
    STOPPED,
    TOO_LARGE,
    rendered,
)
from hotpath.server.state import ServerState

_LINGER_S = 1.0
"""Seconds that a client gets to read a refusal, to send one more request when the server stops, and
to get its response after it has closed its own direction."""


class Refused(Exception):
    """A request is refused in the middle of its head."""


class Connection(HttpToolsProtocol):
    """One connection, until a subclass handles its requests."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.state = server_state
        self._settings = server_state.settings
        self._root_path = server_state.root_path
        self.is_kept = False
        """Whether something that was received is kept for the next turn of the event loop."""
        self._is_between_requests = True
        """Whether the next byte starts a request."""
        self._is_in_head = False
        self._is_upgrade = False
        self._is_shed = False
        self._is_refused = False
        """Whether nothing more is read."""
        self._is_refusal_due = False
        """Whether the client will be told that there are too many requests: nothing before that."""
        self._refusal = NOT_HTTP
        self._more_head = 0
        """Bytes of a head that came after its first piece; -1 before."""
        self._is_large = False
        """Whether what was received may hold a head that is too large."""
        self._active_at = self.loop.time()
        """When something was received, or a response was finished."""
        self._began_at = 0.0
        self._close_at: float | None = None
        self._unsent_bytes = 0
        self._unsent_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to wait for a request."""
        super().connection_made(cast(asyncio.Transport, transport))
        if self.client is not None and self.client[0].startswith(MAPPED):
            self.client = (self.client[0].removeprefix(MAPPED), self.client[1])

    @staticmethod
    def waiting(app_state: dict[str, Any]) -> Callable[[], int] | None:
        """Return a function that counts the requests which wait for a thread; None if none do."""
        del app_state
        return None

    @property
    def is_busy(self) -> bool:
        """Whether a request is handled."""
        raise NotImplementedError

    def end_after_response(self) -> None:
        """Close the connection after the responses to the requests that were received."""
        raise NotImplementedError

    @property
    def is_unanswered(self) -> bool:
        """Whether a request is handled, and nothing of its response is sent yet."""
        raise NotImplementedError

    def check_body(self, now: float) -> None:
        """Look after a request whose body is not complete."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Parse data."""
        self._active_at = self.loop.time()
        self._is_large = len(data) > self._settings.max_head_bytes or self._more_head > 0
        rest = data
        while rest and not self._is_refused:
            try:
                self.parser.feed_data(rest)
                break
            except httptools.HttpParserUpgrade as upgrade:
                rest = (
                    without_upgrade(self.parser, self.url, self.headers) + rest[upgrade.args[0] :]
                )
                self.parser = httptools.HttpRequestParser(self)
            except httptools.HttpParserError:
                self.refuse(*self._refusal)
        if self._is_in_head and not self._is_refused:
            self._more_head = 0 if self._more_head < 0 else self._more_head + len(data)
            if self._more_head > self._settings.max_head_bytes:
                self.refuse(*TOO_LARGE)

    def on_message_begin(self) -> None:
        """Start a request."""
        self._is_between_requests = False
        self._is_in_head = True
        self._more_head = -1
        self._began_at = self._active_at
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; a trailer, which nothing reads, is left.

        Raises:
            Refused: the trailer would end the connection, where the parser would stop to parse.
        """
        if self._is_in_head:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))
        elif is_framing(name):
            raise Refused

    def on_headers_complete(self) -> None:
        """Check a head, and begin its request.

        Raises:
            Refused: it is too large, names no host, or has a body that nobody can read; or the one
                before it is refused in a moment.
        """
        if self._is_refusal_due:
            raise Refused
        self._is_upgrade = self.parser.should_upgrade()
        if self._is_upgrade and self.parser.get_method() != b"CONNECT":
            return  # the parser takes its body for another protocol: it is parsed once more
        headers = self.headers
        if len(headers) > self._settings.max_headers or (
            self._is_large and size_of(self.url, headers) > self._settings.max_head_bytes
        ):
            self._refusal = TOO_LARGE
            raise Refused
        refusal = refusal_of(self.parser.get_http_version(), headers)
        if refusal is not None:
            self._refusal = refusal
            raise Refused
        if self._is_upgrade:
            raise Refused
        self.url = origin_form(self.url)
        if self._root_path:
            self.url = target_without_root(self.url, self._root_path)
        if self.is_refused(self.url):
            self._shed()
        else:
            self.count_begun()
            self.begin_request()
        self._is_in_head = False

    def on_message_complete(self) -> None:
        """End a request."""
        if self._is_upgrade:
            return
        self._is_between_requests = True
        if self._is_shed:
            self._is_shed = False
            self.send_busy()
        else:
            self.end_request()

    def is_refused(self, target: bytes) -> bool:
        """Tell whether a request is refused since there are too many. Cost: 50 ns while none is."""
        shedder = self.state.shedder
        return (
            shedder is not None
            and shedder.most is not None
            and not self.is_busy
            and shedder.refuses(target)
        )

    def is_for_next_turn(self, data: bytes) -> bool:
        """Tell whether data is kept, and comes again, since many requests begin in this turn."""
        next_turn = self.state.next_turn
        return next_turn is not None and next_turn.keeps(self, data)

    def count_begun(self) -> None:
        """Count a request that is not refused, once."""
        if self.state.shedder is not None:
            self.state.shedder.begun += 1

    def send_busy(self) -> None:
        """Tell that there are too many requests, a moment later, and read nothing until then."""
        self._is_refusal_due = True
        self.flow.pause_reading()
        self.state.send_soon(self)

    def send_busy_now(self) -> None:
        """Tell it. Cost: 10 µs, most of it the kernel's."""
        self._is_refusal_due = False
        is_last = self.state.is_draining or self._is_refused  # by what came after it
        if not self.transport.is_closing():
            self.transport.write(self.render(*BUSY, is_last=is_last))
        if is_last:
            self.transport.close()
        else:
            self.flow.resume_reading()

    def _shed(self) -> None:
        """Refuse the request of this head; the connection stays if there is no body to read.

        Raises:
            Refused: it has a body, or is the last one anyhow.
        """
        has_body = any(name in BODY_HEADERS for name, _ in self.headers)
        is_head = self.parser.get_method() == b"HEAD"
        if has_body or is_head or not self.parser.should_keep_alive():
            self._refusal = BUSY
            raise Refused
        self._is_shed = True

    def begin_request(self) -> None:
        """Begin a request, whose body may follow."""
        raise NotImplementedError

    def end_request(self) -> None:
        """Note that the request is complete."""
        raise NotImplementedError

    def break_body(self) -> None:
        """Note that the body of the newest request cannot be parsed: reading it fails."""
        raise NotImplementedError

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn's returns nothing
        """Respond to what was received whole; the client can still read."""
        if self.is_for_next_turn(b""):
            return True
        if self._is_refused or not (self.is_busy and self._is_between_requests):
            return False
        self.end_after_response()
        self.loop.call_later(_LINGER_S, self.leave)
        return True

    def leave(self) -> None:
        """Give up a client that has closed its direction, and most likely the other one too."""
        if self.is_unanswered and not self.transport.is_closing():
            self.transport.close()

    def cancel(self) -> None:
        """Stop to handle a request: respond that the service stops, or cut the response."""
        if not self.is_unanswered or self.transport.is_closing():
            self.transport.abort()
            return
        self.transport.write(self.render(*STOPPED))
        self.transport.close()

    def refuse(self, status: HTTPStatus, detail: str) -> None:
        """Respond to what cannot be handled, after the responses before it, and close."""
        self._is_refused = True
        if self._is_refusal_due:
            return
        if not (self._is_in_head or self._is_between_requests):
            self.break_body()
        if self.is_busy:
            self.end_after_response()
            return
        self.transport.write(self.render(status, detail))
        self.transport.write_eof()  # to close at once would reset it before the client has read it
        self.loop.call_later(_LINGER_S, self.transport.close)

    def render(
        self, status: HTTPStatus, detail: str, *, is_last: bool = True, added: bytes = b""
    ) -> bytes:
        """Return a whole response with a problem, after which the connection ends or not.

        Args:
            status: Of the problem.
            detail: Of the problem.
            is_last: Whether the connection ends.
            added: Lines of headers.
        """
        line, rest = rendered(status, detail, is_last=is_last)
        dates = b"".join(b"%b: %b\r\n" % each for each in self.server_state.default_headers)
        return line + dates + added + rest

    def shutdown(self) -> None:
        """Serve what was received, and one more request that may be under way."""
        if self.is_busy:
            self.end_after_response()
        elif self._is_between_requests:
            self._close_at = self.loop.time() + _LINGER_S

    def check(self, now: float) -> None:
        """Close a connection on which nothing happens for too long."""
        settings = self._settings
        if self._is_stalled(now):
            self.transport.abort()
            return
        if self._is_refused or self.transport.is_closing():
            return
        if self._is_in_head:
            if now - self._began_at > settings.head_timeout_s:
                self.refuse(*SLOW)
        elif not self._is_between_requests:
            self.check_body(now)
        elif not self.is_busy:
            is_idle = now - self._active_at >= settings.keep_alive_s
            is_over = self._close_at is not None and now >= self._close_at
            if (is_idle or is_over) and not self._has_unread():
                self.transport.close()

    def _is_stalled(self, now: float) -> bool:
        """Tell whether the client has read nothing for `stream_stall_s` of what is to be sent."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent_bytes:
            self._unsent_bytes, self._unsent_since = unsent, now
        return unsent > 0 and now - self._unsent_since > self._settings.stream_stall_s

    def _has_unread(self) -> bool:
        """Tell whether something has come that the event loop has had no time for."""
        if self.is_kept:
            return True
        unread = array("i", [0])
        fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, unread)
        return unread[0] > 0
