"""A connection of HTTP/1: what is read of a client, for how long, and what is refused.

What both flavours have in common; a request is handled by their own protocols.
"""

import asyncio
import fcntl
import termios
from array import array
from typing import Any, cast

import httptools

from hotpath.http.paths import target_without_root
from hotpath.observability.client_address import MAPPED
from hotpath.server.heads import is_framing, origin_form, refusal_of, size_of, without_upgrade
from hotpath.server.refusals import SLOW, TOO_LARGE
from hotpath.server.refusing import LINGER_S, Refused, RefusingConnection
from hotpath.server.shedding import Queue


class Connection(RefusingConnection):
    """One connection, until a subclass handles its requests."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to wait for a request."""
        super().connection_made(cast(asyncio.Transport, transport))
        if self.client is not None and self.client[0].startswith(MAPPED):
            self.client = (self.client[0].removeprefix(MAPPED), self.client[1])

    @staticmethod
    def queue_of(app_state: dict[str, Any]) -> Queue | None:
        """Return where requests wait for threads; None if none do."""
        del app_state
        return None

    def check_body(self, now: float) -> None:
        """Look after a request whose body is not complete."""
        raise NotImplementedError

    def begin_request(self) -> None:
        """Begin a request, whose body may follow."""
        raise NotImplementedError

    def end_request(self) -> None:
        """Note that the request is complete."""
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

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn's returns nothing
        """Respond to what was received whole; the client can still read."""
        if self._is_refused or not (self.is_busy and self._is_between_requests):
            return False
        self.end_after_response()
        self.loop.call_later(LINGER_S, self.leave)
        return True

    def shutdown(self) -> None:
        """Serve what was received, and one more request that may be under way."""
        if self.is_busy:
            self.end_after_response()
        elif self._is_between_requests:
            self._close_at = self.loop.time() + LINGER_S

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
        unread = array("i", [0])
        fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, unread)
        return unread[0] > 0
