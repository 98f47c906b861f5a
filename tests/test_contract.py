"""Every stack describes one API: the same operations, inputs and answers."""

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
METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}


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


def operations_of(description: dict[str, Any]) -> dict[str, Any]:
    """Return what a client can rely on: operation → inputs and answers, spelled one way."""
    return {
        f"{method.upper()} {path}": {
            "id": operation["operationId"],
            "tags": operation["tags"],
            "parameters": {
                f"{parameter['in']} {parameter['name']}": {
                    "required": parameter.get("required", False),
                    "schema": resolved(parameter["schema"], description),
                }
                for parameter in operation.get("parameters", [])
            },
            "body": contents_of(operation.get("requestBody", {}), description),
            "answers": {
                status: contents_of(answer, description)
                for status, answer in operation["responses"].items()
            },
        }
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def contents_of(part: dict[str, Any], description: dict[str, Any]) -> dict[str, Any]:
    """Return the schema per media type of a request body or an answer."""
    content = part.get("content", {})
    return {media: resolved(value["schema"], description) for media, value in content.items()}


def resolved(schema: Any, description: dict[str, Any]) -> Any:
    """Return a schema without references, and without a default of null, which says nothing."""
    if isinstance(schema, list):
        return [resolved(item, description) for item in schema]
    if not isinstance(schema, dict):
        # FastAPI writes some limits as floating-point numbers; to most clients all numbers are.
        return float(schema) if type(schema) is int else schema
    if reference := schema.get("$ref"):
        target: Any = description
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        return resolved(target, description)
    kept = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    return {key: resolved(value, description) for key, value in kept.items()}


@pytest.fixture(scope="module")
def described(
    rendered: Callable[[Stack], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[tuple[tuple[str, str], ...]], dict[str, Any]]:
    """Return what describes the operations of the stack with these values of the axes."""

    @cache
    def described_once(axes: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        project = rendered(corner(example=True, **dict(axes)))
        folder = tmp_path_factory.mktemp("contract")
        return operations_of(describe(project, dict(axes)["interface"], folder))

    return described_once


def test_every_stack_describes_one_api(
    stack: Stack, described: Callable[[tuple[tuple[str, str], ...]], dict[str, Any]]
) -> None:
    first, other = described(STACKS[0].axes), described(stack.axes)

    assert "POST /users" in first
    assert sorted(first) == sorted(other)
    for name, operation in first.items():
        assert operation == other[name], name
