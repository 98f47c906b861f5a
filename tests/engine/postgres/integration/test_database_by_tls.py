"""PostgreSQL that is reached by TLS."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..tls import behind_tls, other_authority
from ..users import add_user


@pytest.fixture
def url_and_authority(workspace: Workspace, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the URL of the tests' database by TLS, without its query, and a file."""
    settings = workspace.settings()
    url = urlsplit(settings.db.url.get_secret_value())
    assert url.port is not None
    with behind_tls(url.port, tmp_path) as (port, authority):
        netloc = url.netloc.removesuffix(f":{url.port}") + f":{port}"
        yield f"postgresql://{netloc}{url.path}", authority


@pytest.mark.parametrize(
    "query",
    [
        "?sslmode=require",
        "?sslmode=verify-ca&sslrootcert={}",
        "?sslmode=verify-full&sslrootcert={}",
    ],
)
def test_a_database_is_reached_by_tls(
    workspace: Workspace, url_and_authority: tuple[str, Path], query: str
) -> None:
    url, authority = url_and_authority

    place = workspace.with_settings(DB__URL=url + query.format(authority))

    assert place.run("db", "upgrade").returncode == 0
    with serving(place) as server:
        assert server.http.get("/readyz").json()["database"] == "ok"
        assert server.http.get(f"/users/{add_user(server.http)['id']}").status_code == 200


def test_a_database_that_nobody_vouches_for_is_a_sentence(
    workspace: Workspace, url_and_authority: tuple[str, Path], tmp_path: Path
) -> None:
    url, _ = url_and_authority
    query = f"?sslmode=verify-full&sslrootcert={other_authority(tmp_path)}"

    result = workspace.with_settings(DB__URL=url + query).run("db", "upgrade")

    assert (result.returncode, result.stdout) == (1, "")
    assert "certificate verify failed" in result.stderr
    assert "Traceback" not in result.stderr
