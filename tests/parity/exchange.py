"""Requests byte for byte, and responses without what differs from one to the next."""

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from .services import HOST

ANSWERS_WITHIN_S = 20.0
OF_RESPONSE = {"date", "x-request-id", "x-process-time", "server-timing"}
OF_SERVER = {"server", "connection", "transfer-encoding"}
"""The server's name, and how it delimits a response."""

_TIME = re.compile(rb'"\d{4}-\d\d-\d\dT[0-9:.]+Z"')
_AGE = re.compile(rb'"count":\d+,"average_age_days":[0-9.e+-]+')
_ID = re.compile(rb"\b[0-9a-f]{32}\b")
"""Of a task."""


@dataclass(frozen=True)
class Answer:
    """A response, or None as its status if the server only closed the connection."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.status} {dict(self.headers)} {self.body[:300]!r}"


def exchange(port: int, request: bytes) -> Answer:
    """Send a request on a connection of its own; return what is the same in all services."""
    method = request.split(b" ", 1)[0].decode("latin-1")
    with socket.create_connection((HOST, port), timeout=ANSWERS_WITHIN_S) as connection:
        with suppress(OSError):  # it may be rejected before its end
            connection.sendall(request)
        response = http.client.HTTPResponse(connection, method=method)
        try:
            response.begin()
            body = response.read()
        except (http.client.HTTPException, ConnectionError):
            return Answer(None)
    if response.status == HTTPStatus.BAD_REQUEST:  # the server's own: no application sees it
        return Answer(response.status)
    headers = dict(sorted(_shared_headers(response)))
    if b"/stat" in request.partition(b"\r\n")[0] or _AGE.search(body):  # of more or fewer digits
        headers.pop("content-length", None)
    body = _ID.sub(b"ID", _AGE.sub(b"STATS", _TIME.sub(b'"TIME"', body)))
    return Answer(response.status, tuple(headers.items()), body)


def _shared_headers(response: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    for name, value in response.getheaders():
        if name.lower() not in OF_RESPONSE | OF_SERVER:
            yield name.lower(), _ID.sub(b"ID", value.encode("latin-1")).decode("latin-1")
