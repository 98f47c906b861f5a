"""A stub of another service, so that tests call nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson


class StubService:
    """An HTTP server that answers every request alike; change `status` and `body` as you need.

    Attributes:
        url: Where it listens, for the setting `HTTP_CLIENT__URLS__<NAME>`.
        status: Of its responses.
        body: What its responses have as JSON.
        requests: What came: method, path and query, "GET /users/7".
        headers: Those of the last request, by names in lower case.
    """

    def __init__(self, url: str, body: Any) -> None:
        self.url = url
        self.status: int = HTTPStatus.OK
        self.body = body
        self.requests: list[str] = []
        self.headers: dict[str, str] = {}


@contextmanager
def stub_service(body: Any) -> Iterator[StubService]:
    """Run a stub that answers with `body`, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            """Answer a request, whatever its method."""
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            self.rfile.read(int(self.headers.get("content-length", 0)))
            stub.requests.append(f"{self.command} {self.path}")
            stub.headers = {name.lower(): value for name, value in self.headers.items()}
            content = orjson.dumps(stub.body)
            self.send_response(stub.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Write no lines."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        stub = StubService(f"http://127.0.0.1:{server.server_port}", body)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield stub
        finally:
            server.shutdown()
