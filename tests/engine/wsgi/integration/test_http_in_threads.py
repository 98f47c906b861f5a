"""What a server with threads makes of HTTP, where an event loop alone does less."""

from hotpath.testing.servers import Server

from ..sockets import GET, HEALTHY, connected, sent, until_closed


def test_a_client_that_asks_is_told_to_go_on(server: Server) -> None:
    head = b"POST /nothing HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\nexpect: 100-continue\r\n"
    with connected(server.port) as connection:
        connection.sendall(head + b"connection: close\r\n\r\n")
        interim = connection.recv(1 << 16)
        connection.sendall(b"{}")
        answer = until_closed(connection)

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_what_came_before_nonsense_is_answered(server: Server) -> None:
    received = sent(server.port, GET + b"nonsense\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert HEALTHY in received
