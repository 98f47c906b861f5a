"""Headers that a server may not take for its own."""

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..shop import KINDS
from ..sockets import sent

FORGED = b"GET /1 HTTP/1.1\r\nhost: test\r\n%b: /users\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [b"SCRIPT_NAME", b"script-name", b"PATH_INFO"])
def test_a_client_does_not_choose_the_path_by_a_header(
    workspace: Workspace, kind: str, name: bytes
) -> None:
    with serving(workspace.with_settings(SERVER__KIND=kind)) as server:
        received = sent(server.port, FORGED % name)

    assert received.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))
    assert b"No user" not in received
