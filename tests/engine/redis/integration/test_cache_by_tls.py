"""A shared cache that is reached by TLS."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hotpath.testing.servers import figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..shop import SERVICE
from ..tls import behind_tls, other_authority
from ..users import add_user


@pytest.fixture(scope="module")
def port_and_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    with temporary_service(Valkey(SERVICE)) as valkey:
        port = urlsplit(valkey.url).port
        assert port is not None
        with behind_tls(port, tmp_path_factory.mktemp("tls")) as served:
            yield served


@pytest.mark.parametrize("query", ["?ssl_ca_certs={}", "?ssl_cert_reqs=none"])
def test_a_cache_is_reached_by_tls(
    workspace: Workspace, port_and_authority: tuple[int, Path], query: str
) -> None:
    port, authority = port_and_authority
    url = f"rediss://127.0.0.1:{port}/0{query.format(authority)}"

    with serving(workspace.with_settings(CACHE__URL=url)) as server:
        path = f"/users/{add_user(server.http)['id']}"
        for _ in range(2):
            assert server.http.get(path).status_code == 200
        assert server.http.get("/readyz").json()["cache"] == "ok"
        assert figure(server.http, "cache_misses_total", tier="l2") >= 1
        assert figure(server.http, "cache_errors_total", tier="l2") == 0


@pytest.mark.parametrize("is_other", [False, True])
def test_a_server_that_nobody_vouches_for_gets_nothing(
    workspace: Workspace, port_and_authority: tuple[int, Path], tmp_path: Path, *, is_other: bool
) -> None:
    port, _ = port_and_authority
    query = f"?ssl_ca_certs={other_authority(tmp_path)}" if is_other else ""

    with serving(
        workspace.with_settings(CACHE__URL=f"rediss://127.0.0.1:{port}/0{query}")
    ) as server:
        assert server.http.get(f"/users/{add_user(server.http)['id']}").status_code == 200
        assert server.http.get("/readyz").json()["cache"] == "degraded"
        assert "certificate verify failed" in server.program.log.read_text().lower()
