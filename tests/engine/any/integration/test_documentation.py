"""The page about the API: all of it from the service itself, or not there at all."""

import re

import httpx2
import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..problems import is_problem
from ..shop import KINDS

ADDRESS = re.compile(r"""(?:src|href|url)(?:=|: )"([^"]+)\"""")
FILES = ("/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js")


def test_the_page_asks_nobody_else(http: httpx2.Client) -> None:
    page = http.get("/docs").text

    addresses = {each for each in ADDRESS.findall(page) if not each.startswith("data:")}
    assert addresses == {*FILES, "/openapi.json"}
    assert "//" not in page.replace("<!DOCTYPE html>", "")


@pytest.mark.parametrize("kind", KINDS)
def test_its_files_are_served(workspace: Workspace, kind: str) -> None:
    with serving(workspace.with_settings(SERVER__KIND=kind)) as server:
        style, script = (server.http.get(path) for path in FILES)
        unknown = [
            server.http.get(f"/docs/{name}") for name in ("main.py", "..%2Fmain.py", "..%2f", "x")
        ]

    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert ".swagger-ui" in style.text
    assert "SwaggerUIBundle" in script.text
    assert "max-age" in script.headers["cache-control"]
    for each in unknown:
        assert is_problem(each, 404)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_and_the_document_can_be_left_out(workspace: Workspace, kind: str) -> None:
    with serving(workspace.with_settings(SERVER__KIND=kind, SERVER__DOCS=False)) as server:
        for path in ("/docs", "/openapi.json", *FILES):
            assert is_problem(server.http.get(path), 404)
            assert is_problem(server.http.post(path), 404)
        assert server.http.get("/users?limit=1").status_code == 200
