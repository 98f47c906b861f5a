"""The whole application in this process, called as a server calls it, without a client's cost."""

import asyncio
from urllib.parse import unquote

from hotpath.asgi.messages import App, Message


async def call(app: App, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    path, _, query = target.partition("?")
    length = str(len(body)).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"test"),
            (b"content-type", b"application/json"),
            *([(b"content-length", length)] if body else []),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    status = 0
    pieces: list[bytes] = []

    async def receive() -> Message:
        return messages.pop() if messages else await asyncio.Future()  # the client stays

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, b"".join(pieces)
