"""Every stack describes one API: the same OpenAPI document."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from installs import importable
from stacks import STACKS, Stack, corner

DESCRIBE = {
    "asgi": """
from shop.app import create_app
description = create_app().api.openapi()
""",
    "wsgi": """
from unittest.mock import MagicMock
from shop.app import create_app
description = create_app().on(MagicMock()).api.api_doc
""",
}
PRINT = "import json; print(json.dumps(description))"


def describe(project: Path, interface: str, folder: Path) -> dict[str, Any]:
    """Return the OpenAPI description of a project."""
    done = subprocess.run(
        [sys.executable, "-c", DESCRIBE[interface] + PRINT],
        cwd=folder,
        env=importable(project, "shop", folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    description: dict[str, Any] = json.loads(done.stdout)
    return description


@pytest.fixture(scope="module")
def described(
    rendered: Callable[[Stack], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[tuple[tuple[str, str], ...]], dict[str, Any]]:
    """Return what returns the document of the stack with these values of the axes."""

    @cache
    def described_once(axes: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        project = rendered(corner(example=True, **dict(axes)))
        folder = tmp_path_factory.mktemp("contract")
        return describe(project, dict(axes)["interface"], folder)

    return described_once


def test_every_stack_describes_one_api(
    stack: Stack, described: Callable[[tuple[tuple[str, str], ...]], dict[str, Any]]
) -> None:
    first, other = described(STACKS[0].axes), described(stack.axes)

    assert "post" in first["paths"]["/users"]
    assert sorted(first["paths"]) == sorted(other["paths"])
    for path, operations in first["paths"].items():
        assert operations == other["paths"][path], path
    assert first == other


def test_the_document_says_what_schemas_and_docstrings_do(
    described: Callable[[tuple[tuple[str, str], ...]], dict[str, Any]],
) -> None:
    document = described(STACKS[0].axes)
    listing, reading = document["paths"]["/users"]["get"], document["paths"]["/users/{user_id}"]

    assert listing["summary"] == "List users in an `order`, a page at a time."
    assert listing["description"].startswith(f"{listing['summary']}\n\nWithout one they are by id")
    assert listing["responses"]["200"]["description"] == "OK"
    assert reading["get"]["parameters"][0]["schema"]["maximum"] == 2**63 - 1
    assert reading["get"]["operationId"] == "read_user"
    changes = document["components"]["schemas"]["UserUpdate"]
    assert {"required": ["email"]} in changes["anyOf"]
