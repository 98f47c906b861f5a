"""A client that leaves before its body is whole: no fault of the service."""

from hotpath.testing.servers import Server, figure
from hotpath_services.process import wait_until

from ..users import unfinished_request

FLUSH_WITHIN_S = 10.0
SENT = {"method": "POST", "route": "/users"}


def test_a_client_that_leaves_in_mid_body_is_counted_as_bad_input(server: Server) -> None:
    refused = figure(server.http, "http_requests_total", **SENT, status="400")
    failed = figure(server.http, "http_requests_total", status="500")

    with unfinished_request(server.port):
        pass

    assert wait_until(
        lambda: figure(server.http, "http_requests_total", **SENT, status="400") == refused + 1,
        FLUSH_WITHIN_S,
    )
    assert figure(server.http, "http_requests_total", status="500") == failed
