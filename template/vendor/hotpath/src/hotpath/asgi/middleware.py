"""The middleware around the whole application, in pure ASGI, so that streams stay streams."""

from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from math import inf
from sys import _getframe

from hotpath.asgi.deadlines import Deadline
from hotpath.asgi.messages import (
    FORWARDED,
    IS_HEAD,
    App,
    EndpointCall,
    Headers,
    HotRouter,
    Message,
    Receive,
    RequestHead,
    Send,
    adding,
    by_name,
    encoded,
    header_of,
    join_forwarded,
    replayed,
    route_path,
)
from hotpath.asgi.slow_bodies import BodyTooSlow, InvalidBody, TimedReceive
from hotpath.http.cors import Cors
from hotpath.http.deadlines import HEADER, INVALID, LATE, InvalidTimeout, timeout_of
from hotpath.http.paths import without_root
from hotpath.http.problems import MEDIA_TYPE, problem
from hotpath.observability.client_address import MAPPED, UNIX_PEER, forwarded_scheme
from hotpath.observability.logs import get_logger
from hotpath.observability.request_context import REQUEST
from hotpath.observability.requests import RequestRecord, RequestRecorder, server_timing
from hotpath.profiling.requests import RequestProfile, RequestProfiles
from hotpath.server.heads import BODY_HEADERS
from hotpath.settings import ServerSettings

PROTO = b"x-forwarded-proto"
TIMEOUT = HEADER.lower().encode()


class ObservabilityMiddleware:
    """Request id, timing headers, request metrics and access log; hot routes before `app`.

    `recorder` is set before the first request. `profiles` is None if no request may be profiled,
    `server` if requests have all the time.
    """

    recorder: RequestRecorder

    def __init__(
        self,
        app: App,
        hot_routes: HotRouter,
        profiles: RequestProfiles | None = None,
        server: ServerSettings | None = None,
    ) -> None:
        self.app = app
        self._server = server
        self.hot_routes = hot_routes
        self.profiles = profiles
        self._root_path = "" if server is None else server.root_path
        self._is_unix = server is not None and bool(server.uds)
        self._cors = None if server is None else Cors.of(server)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Observe one HTTP request; any other scope passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = by_name(scope["headers"])
        is_repeated = len(headers) < len(scope["headers"])
        if self._cors is not None:
            send = adding(encoded(self._cors.headers(header_of(headers)("origin"))), send)
        client = self._peer_of(scope)
        if self._root_path or self.recorder.proxies is not None:
            scope, client = self._behind_proxies(scope, headers, client)
        path = route_path(scope) if self._root_path else scope["path"]
        head = RequestHead(scope["method"], path, scope["query_string"], headers)
        record = self.recorder.begin(head.method, head.path, head.request_id, client)
        if self.recorder.tracer is not None:
            self.recorder.tracer.start(record, header_of(headers))
        if is_repeated or head.method == "HEAD":
            scope = _of_framework(scope, head)
        is_complete = False
        call = None
        profile = None
        token = REQUEST.set(record)
        span = None if record.trace is None else record.trace.attach()
        try:
            if self.profiles is not None and self.profiles.wants(b"x-profile" in headers):
                profile = begin_profile(self.profiles, head)
                send = send if profile is None else sending_profile(profile, send)
            deadline = self._deadline(record, head, send)
            receive = self._timed(headers, receive, deadline)
            with deadline:
                # The framework is told so again, and responds.
                with suppress(BodyTooSlow, InvalidBody):
                    call, receive = await self._find_call(head, receive)
                if call is None:
                    is_complete = await self._forward(record, scope, receive, send, deadline)
                else:
                    is_complete = await _respond(record, call, send, deadline)
            is_complete = is_complete or deadline.is_expired
        except InvalidTimeout:
            await _send_problem(record, send, *INVALID)
            is_complete = True
        finally:
            template = _template(scope) if call is None else call.template
            self.recorder.end(record, template, is_complete=is_complete)
            if record.trace is not None:
                record.trace.detach(span)
            REQUEST.reset(token)
            if profile is not None:
                profile.finish()

    def _peer_of(self, scope: Message) -> str:
        # granian names the path that the socket of a client is bound to, if it is: any text.
        client = None if self._is_unix else scope.get("client")
        return (client[0] if client else "").removeprefix(MAPPED) or UNIX_PEER

    def _behind_proxies(
        self, scope: Message, headers: MutableMapping[bytes, bytes], peer: str
    ) -> tuple[Message, str]:
        """Return a scope as the client sees it, its path, address and scheme, and the client."""
        if self._root_path:
            path = without_root(scope["path"], self._root_path)
            scope = {**scope, "root_path": self._root_path, "path": self._root_path + path}
        proxies = self.recorder.proxies
        if proxies is None or not proxies.trusts(peer):
            return scope, peer
        join_forwarded(headers, scope["headers"])
        client = proxies.client(peer, headers.get(FORWARDED, b"").decode("latin-1"))
        scheme = forwarded_scheme(headers.get(PROTO, b"").decode("latin-1"), scope["scheme"])
        return {**scope, "client": (client, 0), "scheme": scheme}, client

    async def _find_call(
        self, head: RequestHead, receive: Receive
    ) -> tuple[EndpointCall | None, Receive]:
        """Return the call that accepted its input, or None and the `receive` of the framework."""
        call = self.hot_routes.find(head)
        if call is None:
            return None, receive
        messages = [await receive()] if call.has_body else []
        while messages and messages[-1].get("more_body"):
            messages.append(await receive())
        if call.accepts(b"".join(message.get("body", b"") for message in messages)):
            return call, receive
        return None, replayed(messages, receive)

    def _deadline(self, record: RequestRecord, head: RequestHead, send: Send) -> Deadline:
        sent = head.headers.get(TIMEOUT)
        most_s = inf if self._server is None else self._server.request_timeout_s
        seconds = timeout_of(head.path, None if sent is None else sent.decode("latin-1"), most_s)
        return Deadline(seconds, partial(_send_problem, record, send, *LATE))

    def _timed(
        self, headers: Mapping[bytes, bytes], receive: Receive, deadline: Deadline
    ) -> Receive:
        """Start the deadline; return a `receive` that limits the time of a body beside it."""
        deadline.start()
        if self._server is not None and not BODY_HEADERS.isdisjoint(headers):
            return TimedReceive(receive, self._server, deadline)
        return receive

    async def _forward(
        self,
        record: RequestRecord,
        scope: Message,
        receive: Receive,
        send: Send,
        deadline: Deadline,
    ) -> bool:
        """Let the framework handle a request; return whether it sent a complete response."""
        is_complete = False

        async def send_observed(message: Message) -> None:
            nonlocal is_complete
            if deadline.is_expired:
                return  # the client was told so
            deadline.stop()
            if message["type"] == "http.response.start":
                message = _start(record, message["status"], message["headers"])
            else:
                is_complete = not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        except Exception:
            get_logger().exception("request failed")
            if not is_complete:  # the server must close the connection
                raise
        return is_complete


def begin_profile(profiles: RequestProfiles, head: RequestHead) -> RequestProfile | None:
    """Start to profile a request, if it may be, below the function that calls this one."""

    def header(name: str) -> str | None:
        value = head.headers.get(name.encode())
        return None if value is None else str(value, "latin-1")

    name = f"{head.method} {head.path}"
    return profiles.begin(name, header, _getframe(1).f_back, is_async=True)


def sending_profile(profile: RequestProfile, send: Send) -> Send:
    """Return a `send` that tells where the profile is, once it is there."""

    async def send_profiled(message: Message) -> None:
        if message["type"] == "http.response.start":
            name, value = profile.header or ("", "")
            added = ((name.encode(), value.encode()),) if name else ()
            message = {**message, "headers": (*message["headers"], *added)}
        elif not message.get("more_body"):
            profile.finish()
        await send(message)

    return send_profiled


def _start(record: RequestRecord, status: int, headers: Headers) -> Message:
    """Return the message that starts a response; its time is that of the first byte out."""
    record.status = int(status)  # a framework may pass an enum
    elapsed = record.elapsed_s()
    timed = (
        *headers,
        (b"x-request-id", record.request_id.encode()),
        (b"x-process-time", b"%.6f" % elapsed),
        (b"server-timing", server_timing(record, elapsed).encode()),
    )
    return {"type": "http.response.start", "status": status, "headers": timed}


def _of_framework(scope: Message, head: RequestHead) -> Message:
    """Return a scope for the framework, which would read one of each header; the server omits the
    body of a HEAD request, which becomes a GET in `head` too."""
    changed = {**scope, "headers": list(head.headers.items())}
    if head.method == "HEAD":
        head.method = "GET"
        changed |= {"method": "GET", IS_HEAD: True}
    return changed


async def _respond(
    record: RequestRecord, call: EndpointCall, send: Send, deadline: Deadline
) -> bool:
    """Send the response of a hot endpoint; return that it is complete."""
    response = await call.respond()
    deadline.stop()
    await send(_start(record, response.status_code, response.raw_headers))
    await send({"type": "http.response.body", "body": response.body})
    return True


async def _send_problem(record: RequestRecord, send: Send, status: HTTPStatus, detail: str) -> None:
    body = problem(status, detail)
    length = str(len(body)).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", length)]
    await send(_start(record, status, headers))
    await send({"type": "http.response.body", "body": body})


def _template(scope: Message) -> str | None:
    """Return the template the router matched, such as `/users/{user_id}`."""
    return getattr(scope.get("route"), "path", None)
