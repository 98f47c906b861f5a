"""Clients that have gone: what is done for them ends."""

import socket
import struct

import pytest
from hotpath.testing.servers import HOST, in_flight, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from package_name.resources import Resources

from ..locks import locked
from ..tries import tried_again
from ..users import unique_email

ENDS_WITHIN_S = 4.0


@tried_again
@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_what_is_done_for_a_client_that_has_gone_ends(
    workspace: Workspace, resources: Resources, how: str
) -> None:
    body = f'{{"email": "{unique_email()}", "name": "Ada"}}'.encode()
    head = b"POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
    with serving(workspace.with_settings(SERVER__REQUEST_TIMEOUT_S=60)) as server:
        async with locked(resources.db, "users"):
            with socket.create_connection((HOST, server.port)) as connection:
                connection.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
                assert wait_until(lambda: in_flight(server.port) == 1, ENDS_WITHIN_S)
                if how == "reset":
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
            assert wait_until(lambda: in_flight(server.port) == 0, ENDS_WITHIN_S)
