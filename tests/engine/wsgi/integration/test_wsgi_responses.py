"""What the server makes of what a WSGI application does, right or wrong."""

import sys
from collections.abc import Iterable, Iterator
from http.client import IncompleteRead
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from hotpath.wsgi.middleware import SEND_BUFFERED
from hotpath_services.process import wait_until

from ..sockets import connected, until_closed
from ..wsgi_server import SOON_S, THREADS, WsgiServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GET = b"GET /%b HTTP/1.1\r\nhost: test\r\n\r\n"
TEXT = ("content-type", "text/plain")


def answering(
    pieces: Iterable[bytes], *headers: tuple[str, str], status: str = "200 OK"
) -> "WSGIApplication":
    """Return an application that answers each request with the same."""

    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response(status, [TEXT, *headers])
        return pieces

    return app


def each(*pieces: bytes) -> Iterator[bytes]:
    """Return pieces one by one; how many they are is not to be seen."""
    yield from pieces


def test_what_is_written_is_out_before_the_application_returns() -> None:
    is_seen = Event()

    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        write = start_response("200 OK", [TEXT, ("content-length", "6")])
        write(b"ab")
        assert is_seen.wait(SOON_S)
        write(b"cd")
        return [b"ef"]

    with WsgiServer(app) as server, connected(server.port) as connection:
        connection.sendall(GET % b"")
        received = b""
        while not received.endswith(b"ab"):
            received += connection.recv(1 << 16)
        is_seen.set()
        while not received.endswith(b"abcdef"):
            received += connection.recv(1 << 16)

    assert received.count(b"content-length: 6\r\n") == 1
    assert b"transfer-encoding" not in received


def test_an_error_replaces_a_head_that_is_not_out() -> None:
    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [TEXT, ("x-first", "1")])
        try:
            raise LookupError
        except LookupError:
            start_response("404 Not Found", [TEXT], sys.exc_info())
        return [b"none"]

    with WsgiServer(app) as server:
        status, headers, body = server.get()

    assert (status, body) == (404, b"none")
    assert "x-first" not in headers


def test_an_error_after_the_head_cuts_the_answer() -> None:
    raised: list[Exception] = []

    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [TEXT])(b"begun")
        try:
            raise LookupError("late")
        except LookupError:
            try:
                start_response("500 Internal Server Error", [TEXT], sys.exc_info())
            except LookupError as error:
                raised.append(error)
                raise
        return []

    with WsgiServer(app) as server, pytest.raises(IncompleteRead) as cut:
        server.get()

    assert cut.value.partial == b"begun"
    assert [str(error) for error in raised] == ["late"]


def test_a_second_head_without_an_error_is_refused() -> None:
    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [TEXT])
        start_response("200 OK", [TEXT])
        return [b"twice"]

    assert_fails(app)


@pytest.mark.parametrize("pieces", [[b"12345"], [b"1"], each(b"12345"), each(b"", b"")])
def test_a_whole_body_that_is_not_as_long_as_its_head_says_is_an_error(
    pieces: Iterable[bytes],
) -> None:
    assert_fails(answering(pieces, ("content-length", "3")))


@pytest.mark.parametrize("rest", [b"345", b""])
def test_a_body_whose_rest_is_not_as_long_as_its_head_says_is_cut(rest: bytes) -> None:
    app = answering(each(b"12", rest), ("content-length", "3"))

    with WsgiServer(app) as server, pytest.raises(IncompleteRead) as cut:
        server.get()

    assert cut.value.partial == b"12"


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content")])
@pytest.mark.parametrize("pieces", [[b"body"], [b"bo", b"dy"]])
def test_no_body_follows_where_none_may(method: str, status: str, pieces: list[bytes]) -> None:
    with (
        WsgiServer(answering(pieces, status=status)) as server,
        connected(server.port) as connection,
    ):
        for _ in range(2):
            connection.sendall((GET % b"").replace(b"GET", method.encode()))
            received = connection.recv(1 << 16)

            assert received.startswith(f"HTTP/1.1 {status}\r\n".encode())
            assert received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("headers", [[("x-a", "1\r\nx-b: 2")], [("x-a\n", "1")]])
def test_a_header_of_two_lines_is_an_error(headers: list[tuple[str, str]]) -> None:
    assert_fails(answering([b"ok"], *headers))


def test_a_body_without_a_head_is_an_error() -> None:
    assert_fails(lambda _, __: [b"ok"])


def test_a_head_may_come_with_the_first_piece() -> None:
    def app(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [TEXT])
        yield b"late"

    with WsgiServer(app) as server:
        assert server.get()[2] == b"late"


def test_an_answer_that_is_out_stays_whatever_its_close_raises() -> None:
    class Pieces(list[bytes]):
        def close(self) -> None:
            raise OSError("at the end")

    with (
        WsgiServer(answering(Pieces([b"ok"]))) as server,
        connected(server.port) as connection,
    ):
        for path in (b"first", b"second"):
            connection.sendall(GET % path)
            received = connection.recv(1 << 16)

            assert received.startswith(b"HTTP/1.1 200 OK\r\n")
            assert received.endswith(b"\r\n\r\nok")


def test_an_application_that_ends_its_thread_is_answered_for() -> None:
    def app(_: "WSGIEnvironment", __: "StartResponse") -> Iterable[bytes]:
        sys.exit("enough")

    with WsgiServer(app) as server:
        found = [server.get()[0] for _ in range(THREADS + 1)]

    assert found == [500] * (THREADS + 1)


def test_an_answer_that_is_ready_goes_out_when_the_application_returns() -> None:
    def app(environ: "WSGIEnvironment", _: "StartResponse") -> Iterable[bytes]:
        environ[SEND_BUFFERED]((b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", b"ok"))
        if environ["PATH_INFO"] == "/bad":
            raise LookupError
        return ()

    with WsgiServer(app) as server:
        status, headers, body = server.get()
        failed, _, _ = server.get("/bad")

    assert (status, body, failed) == (200, b"ok", 500)
    assert headers.keys() == {"content-length", "date"}


def test_what_repeats_a_request_is_not_parsed_and_has_an_environment_of_its_own() -> None:
    seen: list[Any] = []

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        names = ("PATH_INFO", "QUERY_STRING", "RAW_URI", "HTTP_HOST", "left")
        seen.append(([environ.get(name) for name in names], environ["wsgi.input"].read()))
        environ["left"] = "by the one before"
        environ["wsgi.input"].close()
        del environ["HTTP_HOST"]
        return answering([b"ok"])(environ, start_response)

    first, second, third = (GET % path for path in (b"a", b"b?c=d", b"%41"))
    with WsgiServer(app) as server, connected(server.port) as connection:
        for request in (first, second, third, first):
            connection.sendall(request)
            assert connection.recv(1 << 16).endswith(b"ok")

    assert server.parsed == [first, third]
    assert seen == [
        (["/a", "", "/a", "test", None], b""),
        (["/b", "c=d", "/b?c=d", "test", None], b""),
        (["/A", "", "/%41", "test", None], b""),
        (["/a", "", "/a", "test", None], b""),
    ]


def test_requests_that_came_before_a_stop_are_answered() -> None:
    is_begun, may_end = Event(), Event()

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        is_begun.set()
        assert may_end.wait(SOON_S)
        return answering([environ["PATH_INFO"].encode()])(environ, start_response)

    with WsgiServer(app) as server, connected(server.port) as connection:
        connection.sendall(GET % b"a" + GET % b"b" + GET % b"c")
        assert is_begun.wait(SOON_S)
        server.stop()
        assert wait_until(lambda: server.is_stopping, SOON_S)
        connection.sendall(GET % b"late")
        may_end.set()
        received = until_closed(connection)

    heads = [part.splitlines()[0] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert heads == [b"200 OK"] * 3
    assert received.count(b"connection: close\r\n") == 1
    assert received.endswith(b"\r\n\r\n/c")


def assert_fails(app: "WSGIApplication") -> None:
    """Check that the client hears of an error, and nothing else."""
    with WsgiServer(app) as server:
        status, headers, body = server.get()

    assert (status, body) == (500, b"Internal Server Error")
    assert headers["connection"] == "close"
