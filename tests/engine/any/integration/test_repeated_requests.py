"""Requests of one connection that differ in little."""

from hotpath.testing.servers import Server

from ..sockets import GET, HEALTHY, LAST, connected, until_closed

_END_OF_HEAD = b"\r\n\r\n"


def statuses(server: Server, *requests: bytes) -> list[int]:
    """Send each once the one before is answered; return how."""
    found = []
    with connected(server.port) as connection:
        for request in requests:
            connection.sendall(request)
            received = b""
            while _END_OF_HEAD not in received or len(received) < whole(received):
                received += connection.recv(1 << 16)
            assert len(received) == whole(received)
            found.append(int(received.split(b" ", 2)[1]))
    return found


def whole(received: bytes) -> int:
    """Return the size of an answer whose head is there."""
    head = received.partition(_END_OF_HEAD)[0]
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return len(head) + len(_END_OF_HEAD) + int(length)


def test_each_of_many_alike_is_answered_for_its_own_target(server: Server) -> None:
    nothing = GET.replace(b"/healthz", b"/nothing")
    strange = GET.replace(b"/healthz", b"/healthz/%2e")
    wrong = GET.replace(b"GET", b"PUT")

    found = statuses(server, GET, nothing, GET, GET, strange, wrong, GET)

    assert found == [200, 404, 200, 200, 404, 405, 200]


def test_a_body_that_reads_like_the_last_request_is_a_body(server: Server) -> None:
    head = b"POST /nothing HTTP/1.1\r\nhost: test\r\ncontent-length: %d\r\n\r\n" % (3 * len(GET))
    with connected(server.port) as connection:
        for request in (GET, GET):
            connection.sendall(request)
            assert connection.recv(1 << 16).endswith(HEALTHY)
        connection.sendall(head)
        for _ in range(3):
            connection.sendall(GET)
        connection.sendall(LAST)

        received = until_closed(connection)

    assert received.count(b"HTTP/1.1 404 ") == 1
    assert received.count(b"HTTP/1.1 200 ") == 1
    assert received.endswith(HEALTHY)
