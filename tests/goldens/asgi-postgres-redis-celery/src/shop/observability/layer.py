"""The one layer around the whole application, in plain ASGI, so that streams stay streams."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from .logs import REQUEST_ID, get_logger
from .request import Observation, Recorder

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

IS_HEAD = "app.is_head"
"""In the scope of a HEAD request, which the framework sees as a GET."""


@dataclass(slots=True)
class Head:
    """What a request says before its body."""

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    """By name in lower case; of several with one name the first."""

    @property
    def request_id(self) -> str | None:
        """Return the id that the client gave it."""
        given = self.headers.get(b"x-request-id")
        return None if given is None else str(given, "latin-1")


class Whole(Protocol):
    """An answer that is there as a whole."""

    status_code: int
    body: bytes

    @property
    def raw_headers(self) -> Headers:
        """Its headers."""
        ...

    @property
    def lines(self) -> bytes:
        """The same as they go out."""
        ...


class Call(Protocol):
    """A request that can be answered without the application."""

    template: str
    """Of its path, such as `/users/{user_id}`."""

    has_body: bool
    """Whether it takes a body."""

    def accepts(self, body: bytes) -> bool:
        """Read the input; return False when the application shall answer."""
        ...

    async def answer(self) -> Whole:
        """Return the answer to what was accepted."""
        ...


class Shortcut(Protocol):
    """What may answer before the application is asked."""

    is_empty: bool
    """Whether it answers nothing at all."""

    def find(self, head: Head) -> Call | None:
        """Return what answers a request, or None if the application does."""
        ...


class ObservabilityLayer:
    """Request id, timing headers, request metrics and access log."""

    def __init__(self, app: App, shortcut: Shortcut, recorder: Recorder) -> None:
        self.app = app
        self.shortcut = shortcut
        self.recorder = recorder

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Observe one HTTP request; everything else passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = first_of_each(scope["headers"])
        head = Head(scope["method"], scope["path"], scope["query_string"], headers)
        seen = self.recorder.begin(head.method, head.path, head.request_id)
        if head.method == "HEAD":  # the server leaves the body out
            scope = {**scope, "method": "GET", IS_HEAD: True}
            head.method = "GET"
        is_complete = False
        call = None
        token = REQUEST_ID.set(seen.request_id)
        try:
            call, receive = await self._take(head, receive)
            if call is None:
                is_complete = await self._forward(seen, scope, receive, send)
            else:
                answer = await call.answer()
                await send(_start(seen, answer.status_code, answer.raw_headers))
                await send({"type": "http.response.body", "body": answer.body})
                is_complete = True
        finally:
            template = _template(scope) if call is None else call.template
            self.recorder.end(seen, template, is_complete=is_complete)
            REQUEST_ID.reset(token)

    async def _take(self, head: Head, receive: Receive) -> tuple[Call | None, Receive]:
        """Return a call that has its input, or None and what the application receives from."""
        call = self.shortcut.find(head)
        if call is None:
            return None, receive
        messages = [await receive()] if call.has_body else []
        while messages and messages[-1].get("more_body"):
            messages.append(await receive())
        if call.accepts(b"".join(message.get("body", b"") for message in messages)):
            return call, receive
        return None, replayed(messages, receive)

    async def _forward(
        self, seen: Observation, scope: Message, receive: Receive, send: Send
    ) -> bool:
        """Let the application answer; return whether it did so to the end."""
        is_complete = False

        async def send_observed(message: Message) -> None:
            nonlocal is_complete
            if message["type"] == "http.response.start":
                message = _start(seen, message["status"], message["headers"])
            else:
                is_complete = not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        except Exception:
            get_logger().exception("request failed")
            if not is_complete:  # the server must cut the connection
                raise
        return is_complete


def first_of_each(headers: Headers) -> Mapping[bytes, bytes]:
    """Return headers by name; of several with one name the first."""
    return dict(reversed(headers))


def _start(seen: Observation, status: int, headers: Headers) -> Message:
    """Return the message that starts an answer; the time is that of the first byte out."""
    seen.status = int(status)  # a framework's may have a name
    elapsed = seen.elapsed_s()
    timed = (
        *headers,
        (b"x-request-id", seen.request_id.encode()),
        (b"x-process-time", b"%.6f" % elapsed),
        (b"server-timing", b"app;dur=%.3f" % (elapsed * 1000)),
    )
    return {"type": "http.response.start", "status": status, "headers": timed}


def replayed(messages: list[Message], receive: Receive) -> Receive:
    """Return what gives the messages again, and then what comes after them."""

    async def receive_again() -> Message:
        return messages.pop(0) if messages else await receive()

    return receive_again if messages else receive


def _template(scope: Message) -> str | None:
    """Return the template the router matched, such as `/users/{user_id}`."""
    return getattr(scope.get("route"), "path", None)
