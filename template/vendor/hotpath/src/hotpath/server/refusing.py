"""A connection of HTTP/1 on which requests can be refused, until a subclass handles others.

Of uvicorn, which is pinned to a minor version, `HttpToolsProtocol` is used: the callbacks of the
parser, `headers`, `url`, `connections`, `transport` and `flow`.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hotpath.server.heads import BODY_HEADERS
from hotpath.server.refusals import BUSY, NOT_HTTP, STOPPED, rendered
from hotpath.server.state import ServerState

LINGER_S = 1.0
"""Seconds that a client gets to read a refusal, to send one more request when the server stops, and
to get its response after it has closed its own direction."""


class Refused(Exception):
    """A request is refused in the middle of its head."""


class RefusingConnection(HttpToolsProtocol):
    """The state of a connection, and what is sent to clients whose requests are not handled."""

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

    @property
    def is_busy(self) -> bool:
        """Whether a request is handled."""
        raise NotImplementedError

    @property
    def is_unanswered(self) -> bool:
        """Whether a request is handled, and nothing of its response is sent yet."""
        raise NotImplementedError

    def end_after_response(self) -> None:
        """Close the connection after the responses to the requests that were received."""
        raise NotImplementedError

    def break_body(self) -> None:
        """Note that the body of the newest request cannot be parsed: reading it fails."""
        raise NotImplementedError

    def is_refused(self, target: bytes) -> bool:
        """Tell whether a request is refused since there are too many. Cost: 50 ns while none is."""
        shedder = self.state.shedder
        return (
            shedder is not None
            and shedder.most is not None
            and shedder.waiting() >= shedder.most  # before what costs more calls
            and not self.is_busy
            and shedder.refuses(target)
        )

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
        if has_body or self._is_head() or not self.parser.should_keep_alive():
            self._refusal = BUSY
            raise Refused
        self._is_shed = True

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
        self.transport.write(self.render(status, detail, is_head=self._is_head()))
        self.transport.write_eof()  # to close at once would reset it before the client has read it
        self.loop.call_later(LINGER_S, self.transport.close)

    def cancel(self) -> None:
        """Stop to handle a request: respond that the service stops, or cut the response."""
        if not self.is_unanswered or self.transport.is_closing():
            self.transport.abort()
            return
        self.transport.write(self.render(*STOPPED, is_head=self._is_head()))
        self.transport.close()

    def leave(self) -> None:
        """Give up a client that has closed its direction, and most likely the other one too."""
        if self.is_unanswered and not self.transport.is_closing():
            self.transport.close()

    def _is_head(self) -> bool:
        """Tell whether the newest request wants no body."""
        return bool(self.parser.get_method() == b"HEAD")

    def render(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        is_last: bool = True,
        is_head: bool = False,
        added: bytes = b"",
    ) -> bytes:
        """Return a whole response with a problem, after which the connection ends or not.

        Args:
            status: Of the problem.
            detail: Of the problem.
            is_last: Whether the connection ends.
            is_head: Whether the body is left out.
            added: Lines of headers.
        """
        line, rest = rendered(status, detail, is_last=is_last, is_head=is_head)
        dates = b"".join(b"%b: %b\r\n" % each for each in self.server_state.default_headers)
        return line + dates + added + rest
