"""Bodies are limited: a larger one is refused before it is read, whole or in chunks."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import HOST, Server

from ..users import add_user, unique_email

JSON = {"content-type": "application/json"}
ORDINARY, BULK = 262_144, 8_388_608
HUGE = 10**12
SERVER_BUFFER = 8192  # a server may wait for a little more than it needs
ANSWERS_WITHIN_S = 20.0
MIB = 1024 * 1024
PATHS = [("/users", ORDINARY), ("/users/bulk", BULK)]


def chunks(size_bytes: int) -> Iterator[bytes]:
    """Yield a body whose size nobody announces."""
    whole, rest = divmod(size_bytes, 65_536)
    for _ in range(whole):
        yield b" " * 65_536
    if rest:
        yield b" " * rest


def detail(limit: int) -> str:
    """Return what is said of a larger body."""
    return f"The body is larger than {limit} bytes."


def answer_before_the_end(port: int, path: str, framing: bytes, sent: bytes) -> bytes:
    """Return the start of the answer to a request whose body goes on."""
    head = f"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n".encode()
    with socket.create_connection((HOST, port), timeout=ANSWERS_WITHIN_S) as connection:
        connection.sendall(head + framing + b"\r\n\r\n" + sent)
        return connection.recv(1024)


def memory_bytes(pid: int) -> int:
    """Return the largest memory of a process and of those it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = [int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in (pid, *children)]
    return max(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(("path", "limit"), PATHS)
def test_a_body_of_the_limit_is_read_and_a_larger_one_is_not(
    http: httpx2.Client, path: str, limit: int
) -> None:
    for size_bytes, status in ((limit, 422), (limit + 1, 413)):
        whole = http.post(path, content=b" " * size_bytes, headers=JSON)
        in_chunks = http.post(path, content=chunks(size_bytes), headers=JSON)

        assert (whole.status_code, in_chunks.status_code) == (status, status)
    assert_problem(whole, 413, detail(limit))
    assert_problem(in_chunks, 413, detail(limit))


@pytest.mark.parametrize(("path", "limit"), PATHS)
def test_the_answer_does_not_wait_for_the_end(server: Server, path: str, limit: int) -> None:
    announced = f"content-length: {HUGE}".encode()
    size_bytes = limit + SERVER_BUFFER
    chunk = f"{size_bytes:x}\r\n".encode() + b" " * size_bytes + b"\r\n"

    whole = answer_before_the_end(server.port, path, announced, b"[")
    in_chunks = answer_before_the_end(server.port, path, b"transfer-encoding: chunked", chunk)

    assert whole.startswith(b"HTTP/1.1 413 ")
    assert in_chunks.startswith(b"HTTP/1.1 413 ")


def test_a_client_goes_on_after_a_refusal(http: httpx2.Client) -> None:
    for _ in range(3):
        assert http.post("/users", content=b" " * MIB, headers=JSON).status_code == 413
        assert http.post("/users", content=chunks(MIB), headers=JSON).status_code == 413
        assert add_user(http)["id"]


def test_a_refused_body_takes_no_memory(server: Server) -> None:
    pid, size_bytes = server.program.process.pid, 64 * MIB
    server.http.post("/users/bulk", content=chunks(BULK + 1), headers=JSON)
    before = memory_bytes(pid)

    answer = server.http.post("/users/bulk", content=chunks(size_bytes), headers=JSON)

    assert answer.status_code == 413
    assert memory_bytes(pid) - before < size_bytes / 2


def test_the_longest_post_fits(http: httpx2.Client) -> None:
    user_id = add_user(http)["id"]
    owl = "\\ud83e\\udd89"  # the longest way to write a character
    body = f'{{"title":"{owl * 200}","body":"{owl * 20_000}"}}'.encode()

    answer = http.post(f"/users/{user_id}/posts", content=body, headers=JSON)

    assert len(body) > 240_000
    assert answer.status_code == 201


def test_ten_thousand_long_users_fit(http: httpx2.Client) -> None:
    tail = unique_email()
    rows = [{"email": f"{n:0100}-{tail}", "name": "n" * 100} for n in range(10_000)]
    rows[-1]["name"] = ""

    answer = http.post("/users/bulk", json=rows)

    assert answer.json()["errors"][0]["field"] == "9999.name"
