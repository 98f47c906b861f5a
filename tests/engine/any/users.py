"""Users for tests, added the way a client adds them."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx2
from hotpath.testing.servers import HOST

UTC_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
HALF_A_REQUEST = (
    b"POST /users HTTP/1.1\r\nhost: test\r\n"
    b"content-type: application/json\r\ncontent-length: 100000\r\n\r\n{"
)


def unique_email() -> str:
    """Return an address no other test uses."""
    return f"{uuid4().hex}@example.com"


def add_user(http: httpx2.Client, **fields: str) -> dict[str, Any]:
    """Add a user and return the answer."""
    answer = http.post("/users", json={"email": unique_email(), "name": "Ada", **fields})
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()
    return user


def add_posts(http: httpx2.Client, user_id: int, count: int) -> list[dict[str, Any]]:
    """Add posts of a user, and return them, oldest first."""
    bodies = [{"title": f"Post {number}", "body": ""} for number in range(count)]
    return [http.post(f"/users/{user_id}/posts", json=body).json() for body in bodies]


@contextmanager
def unfinished_request(port: int) -> Iterator[socket.socket]:
    """Keep a request in flight: the end of its body never comes."""
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(HALF_A_REQUEST)
        yield connection


def compact(value: Mapping[str, Any]) -> str:
    """Return JSON as the service writes it: in order, without spaces, text as it is."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
