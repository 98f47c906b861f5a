"""A run begins with proof that its checks refuse wrong answers: wrk asks a server that lies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .cores import CompareError, Cores
from .load import Page, send
from .workloads import WORKLOADS

LIES = {
    "W1": (200, b'{"id":100001,"email":"a@example.org"}'),
    "W2": (200, b'{"id":501,"email":"a@example.org"}'),
    "W3": (200, b'{"items":[{"id":8}]}'),
    "W4": (201, b'{"id":1,"email":"somebody@example.org"}'),
    "W5": (201, b'{"inserted":999}'),
    "W7": (503, b'{"status":"ok"}'),
}
PAGES = (Page("after=7", 8),)


def prove_checks(cores: Cores) -> None:
    """Raise CompareError if one of the lies is believed."""
    for workload, (status, body) in LIES.items():
        with _liar(status, body) as url:
            try:
                send(WORKLOADS[workload], url, "/x", pages=PAGES, seed=1, seconds=1, cores=cores)
            except CompareError as error:
                if "were wrong" in str(error):
                    continue
                raise
        raise CompareError(f"{workload}: a wrong answer was taken for right")


@contextmanager
def _liar(status: int, body: bytes) -> Iterator[str]:
    class Liar(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing: wrk leaves with answers on their way."""

    server = Server(("127.0.0.1", 0), Liar)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
