"""All kinds of servers read the same bytes alike, or otherwise only as `raw_deviations.py` says."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from time import monotonic

import pytest
from hotpath.testing.servers import Server, serving
from hotpath.testing.workspace import Workspace

from ..raw_deviations import DEVIATIONS
from ..raw_requests import BODY, CHUNKED, CHUNKS, LENGTH, NEXT, REQUESTS_BY_FATE, get, patch
from ..shop import KINDS
from ..sockets import connected, responded, until_closed, until_ended
from ..users import add_user

BETWEEN_S = 0.001
"""Seconds after which a server has read what was sent."""
SILENT_S = 3.0
LIMITS = {
    "SERVER__HEAD_TIMEOUT_S": 1,
    "SERVER__BODY_TIMEOUT_S": 1,
}
VARYING = re.compile(
    rb"\r\n(date|x-request-id|x-process-time|server-timing|content-length): [^\r]*"
    rb'|"oldest_s":[\d.]+',
    re.IGNORECASE,
)
HEAD = get(b'if-none-match: "a"\r\nx-a: b\r\n')
KNOWN = {name for requests in REQUESTS_BY_FATE.values() for name in requests}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def raw(workspace: Workspace, kind: str) -> Iterator[Server]:
    with serving(workspace.with_settings(SERVER__KIND=kind, **LIMITS)) as server:
        yield server


@pytest.fixture(scope="module")
def user(raw: Server) -> int:
    return int(add_user(raw.http)["id"])


def of_user(request: bytes, user: int) -> bytes:
    """Return a request for a user that exists."""
    return request.replace(b"/users/1", b"/users/%d" % user)


def sent_slowly(connection: socket.socket, *pieces: bytes) -> None:
    """Send pieces, each once the one before was read."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(BETWEEN_S)


def fate_of(port: int, request: bytes) -> str:
    """Return what becomes of a request, and of a good one right behind it."""
    with connected(port) as connection:
        connection.settimeout(SILENT_S)
        with suppress(ConnectionError):
            connection.sendall(request + NEXT)
        received, has_ended = until_ended(connection)
    statuses = re.findall(r"HTTP/1\.\d (\d{3}) ", received.decode("latin-1"))
    final = [each for each in statuses if each != "100"]
    if b'"ready"' in received:
        final[-1] = "next"
    return " ".join([*final, *([] if has_ended else ["silence"])])


@pytest.mark.parametrize("expected", REQUESTS_BY_FATE)
def test_requests_end_where_they_do_for_all(
    raw: Server, kind: str, user: int, expected: str
) -> None:
    requests = REQUESTS_BY_FATE[expected]
    deviating = {name: fate for name, fate in DEVIATIONS[kind].items() if name in requests}
    with ThreadPoolExecutor(4) as threads:
        bytes_ = (of_user(request, user) for request in requests.values())
        fates = dict(zip(requests, threads.map(partial(fate_of, raw.port), bytes_), strict=True))

    assert {name: fate for name, fate in fates.items() if fate != expected} == deviating


def test_deviations_are_of_requests_that_are_sent(kind: str) -> None:
    assert set(DEVIATIONS[kind]) <= KNOWN


@pytest.mark.parametrize(
    "request_",
    [
        get(),
        get(b"upgrade: x\r\nconnection: upgrade\r\n"),
        patch(LENGTH, BODY),
        patch(CHUNKED, CHUNKS),
    ],
    ids=["hot", "upgrade", "length", "chunks"],
)
def test_a_request_may_be_split_anywhere(raw: Server, user: int, request_: bytes) -> None:
    whole = of_user(request_, user)
    with connected(raw.port) as connection:
        for at in range(1, len(whole)):
            sent_slowly(connection, whole[:at], whole[at:])

            received = responded(connection)

            assert received.startswith(b"HTTP/1.1 200 "), (whole[:at], received)
            assert b'"id":%d,' % user in received


def test_requests_at_once_may_be_split_anywhere(raw: Server, user: int) -> None:
    requests = get() + patch(LENGTH, BODY) + patch(CHUNKED, CHUNKS) + get()
    whole = of_user(requests, user) + NEXT
    for at in range(1, len(whole)):
        with connected(raw.port) as connection:
            sent_slowly(connection, whole[:at], whole[at:])

            received = until_closed(connection)

        assert received.count(b"HTTP/1.1 200 ") == 5, (whole[:at], received)
        assert received.count(b'"id":%d,' % user) == 4


def changed(head: bytes) -> Iterator[bytes]:
    """Yield all heads that differ by one byte: another one, one less, one twice."""
    for at, byte in enumerate(head):
        before, after = head[:at], head[at + 1 :]
        for other in (bytes([byte ^ 1]), bytes([byte ^ 32]), b"", bytes([byte, byte])):
            yield before + other + after


def test_a_head_that_differs_in_one_byte_is_no_repetition(raw: Server, user: int) -> None:
    """It is read as it would be on a connection of its own."""
    head = of_user(HEAD, user)

    def read(request: bytes, earlier: int) -> bytes:
        with connected(raw.port) as connection:
            for _ in range(earlier):
                connection.sendall(head)
                assert responded(connection).startswith(b"HTTP/1.1 200 ")
            with suppress(ConnectionError):
                sent_slowly(connection, request, NEXT)
            received, _ = until_ended(connection)
            return VARYING.sub(b"", received).partition(b"<html>")[0]

    def read_both(request: bytes) -> tuple[bytes, bytes]:
        return read(request, 0), read(request, 2)

    requests = [*changed(head)]
    with ThreadPoolExecutor(4) as threads:
        read_by_request = dict(zip(requests, threads.map(read_both, requests), strict=True))

    different = {each: both for each, both in read_by_request.items() if both[0] != both[1]}
    assert not different


@pytest.mark.parametrize(
    "request_",
    [get(), patch(LENGTH, BODY), patch(CHUNKED, CHUNKS)],
    ids=["hot", "length", "chunks"],
)
def test_a_slow_client_is_served(raw: Server, user: int, request_: bytes) -> None:
    whole = of_user(request_, user)
    with connected(raw.port) as connection:
        sent_slowly(connection, *(bytes([each]) for each in whole))

        assert responded(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("headers", [b"content-length: 9000\r\n", CHUNKED])
def test_a_dripped_body_ends(raw: Server, user: int, headers: bytes) -> None:
    piece = b"1\r\n \r\n" if headers is CHUNKED else b" "
    started = monotonic()
    with connected(raw.port) as connection, suppress(ConnectionError):
        connection.sendall(of_user(patch(headers, b""), user))
        connection.settimeout(0.1)
        received = b""
        while not received and monotonic() - started < 10:
            connection.sendall(piece)
            with suppress(TimeoutError):
                received = connection.recv(1 << 16)

    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in received


@pytest.mark.parametrize("length", [b"content-length: 15\r\n", CHUNKED])
def test_a_cut_body_changes_nothing(raw: Server, user: int, length: bytes) -> None:
    """What came of it is valid by itself."""
    cut = {LENGTH: BODY + b" ", CHUNKED: CHUNKS[:-2]}.get(length, BODY)
    request = of_user(patch(length, cut), user).replace(b'"Raw"', b'"Cut"')
    with connected(raw.port) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = until_closed(connection)

    assert b" 200 " not in received
    assert raw.http.get(f"/users/{user}").json()["name"] != "Cut"


@pytest.mark.parametrize(
    ("version", "interim"), [(b"1.1", b"HTTP/1.1 100 Continue\r\n\r\n"), (b"1.0", b"")]
)
def test_a_client_is_told_to_continue_if_it_understands_that(
    raw: Server, user: int, version: bytes, interim: bytes
) -> None:
    head = of_user(patch(b"expect: 100-continue\r\n" + LENGTH, b"", version), user)
    with connected(raw.port) as connection:
        connection.sendall(head)
        connection.settimeout(0.3)
        received = b""
        with suppress(TimeoutError):
            received = connection.recv(1 << 16)
        connection.settimeout(SILENT_S)
        connection.sendall(BODY)

        assert received == interim
        assert responded(connection)[8:13] == b" 200 "
