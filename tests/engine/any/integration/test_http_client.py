"""Calls to other services: what a process imports for them, what it sends, what it tells."""

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest
from hotpath.testing.servers import figure, serving
from hotpath.testing.stubs import StubService, stub_service
from hotpath.testing.workspace import Workspace

from ..collector import TRACE_ID, TRACEPARENT, collecting
from ..shop import KINDS, SERVICE
from ..users import add_user

AVATAR = {"url": "https://avatars.example.com/1.png"}
LIBRARIES = {"aiohttp", "urllib3", "stamina", "tenacity"}
PROGRAM = """
import asyncio, inspect, sys
from hotpath.observability.metrics import Metrics
from hotpath.service import Service
service = Service(sys.argv[1])
settings = service.read_settings()
opening = service.module("resources").open_resources(settings, Metrics.of(settings))
async def main():
    async with opening:
        pass
if hasattr(opening, "__aenter__"):
    asyncio.run(main())
else:
    with opening:
        pass
print(*sys.modules)
"""


@pytest.fixture
def avatars() -> Iterator[StubService]:
    """Run the dependency of the example."""
    with stub_service(AVATAR) as stub:
        yield stub


def imported(place: Workspace, folder: Path) -> set[str]:
    """Return what a process has imported that opened the resources."""
    command = [sys.executable, "-c", PROGRAM, SERVICE.package]
    ended = run(
        command, capture_output=True, text=True, check=True, cwd=folder, env=place.environment
    )
    return set(ended.stdout.split())


def test_the_client_is_imported_where_a_dependency_is_set(
    workspace: Workspace, avatars: StubService, tmp_path: Path
) -> None:
    place = workspace.with_settings(HTTP_CLIENT__URLS__AVATARS=avatars.url)

    without, with_one = imported(workspace, tmp_path), imported(place, tmp_path)

    client = "aiohttp" if SERVICE.interface.endswith("asgi") else "urllib3"
    assert client not in without
    assert not without & {"stamina", "tenacity"}
    assert LIBRARIES & with_one == {client, "stamina", "tenacity"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_continues_the_trace_and_is_counted(
    kind: str, workspace: Workspace, avatars: StubService
) -> None:
    with (
        collecting() as collector,
        serving(
            workspace.with_variables(collector.variables).with_settings(
                HTTP_CLIENT__URLS__AVATARS=f"{avatars.url}/v1", SERVER__KIND=kind
            )
        ) as server,
    ):
        user_id = add_user(server.http)["id"]
        response = server.http.get(f"/users/{user_id}/avatar", headers=TRACEPARENT)
        request = collector.named("GET /users/{user_id}/avatar")
        [call] = collector.wait_for(lambda span: "url.full" in span.attributes)
        counted = figure(
            server.http, "http_client_calls_total", dependency="avatars", outcome="2xx"
        )
        timed = figure(server.http, "http_client_call_seconds_count", dependency="avatars")

    assert (response.status_code, response.json()) == (200, AVATAR)
    assert "outbound;dur=" in response.headers["server-timing"]
    assert (call.trace_id, call.parent_id) == (TRACE_ID, request.span_id)
    assert call.attributes["url.full"] == f"{avatars.url}/v1/{user_id}"
    assert call.attributes["http.response.status_code"] == 200
    assert avatars.requests == [f"GET /v1/{user_id}"]
    assert avatars.headers["traceparent"] == f"00-{TRACE_ID}-{call.span_id}-01"
    assert avatars.headers["user-agent"] == SERVICE.distribution
    assert (counted, timed) == (1, 1)


def test_both_flavours_send_the_same_headers(workspace: Workspace, avatars: StubService) -> None:
    place = workspace.with_settings(HTTP_CLIENT__URLS__AVATARS=avatars.url)
    with serving(place) as server:
        server.http.get(f"/users/{add_user(server.http)['id']}/avatar")

    assert set(avatars.headers) == {"host", "accept", "accept-encoding", "user-agent"}
    assert avatars.headers["accept-encoding"] == "identity"
