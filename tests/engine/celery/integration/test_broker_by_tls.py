"""A broker that is reached by TLS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..shop import SERVICE
from ..tls import behind_tls
from ..users import add_user

DONE_WITHIN_S = 30.0


@pytest.fixture
def place(empty_database: Workspace) -> Workspace:
    """Return a place whose tasks no worker of another test runs."""
    assert empty_database.run("db", "upgrade").returncode == 0
    return empty_database


@pytest.fixture
def port_and_authority(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    with temporary_service(Valkey(SERVICE)) as valkey:
        port = urlsplit(valkey.url).port
        assert port is not None
        with behind_tls(port, tmp_path) as served:
            yield served


def test_tasks_go_through_a_broker_by_tls(
    place: Workspace, port_and_authority: tuple[int, Path]
) -> None:
    port, authority = port_and_authority
    url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={authority}"
    own = place.with_settings(TASKS__BROKER_URL=url, TASKS__WORKER_PROCESSES=1)

    with serving(own) as server, own.start("worker"):
        accepted = server.http.post(f"/users/{add_user(server.http)['id']}/welcome")
        path = accepted.headers["location"]
        is_done = wait_until(
            lambda: server.http.get(path).json()["state"] == "succeeded", DONE_WITHIN_S
        )
        assert is_done
        assert ready(server.http)["queue"] == "ok"
        assert wait_until(lambda: ready(server.http)["tasks"]["workers"] == 1, DONE_WITHIN_S)


def ready(http: httpx2.Client) -> dict[str, Any]:
    """Return what `/readyz` says."""
    report: dict[str, Any] = http.get("/readyz").json()
    return report


def test_a_broker_that_nobody_vouches_for_gets_nothing(
    place: Workspace, port_and_authority: tuple[int, Path]
) -> None:
    port, _ = port_and_authority
    own = place.with_settings(TASKS__BROKER_URL=f"rediss://127.0.0.1:{port}/0")

    with serving(own) as server:
        assert ready(server.http)["queue"] == "degraded"
        accepted = server.http.post(f"/users/{add_user(server.http)['id']}/welcome")
        assert accepted.status_code == 202  # it waits in the database
