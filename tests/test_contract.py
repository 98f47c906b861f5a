"""Both interfaces describe one API: the same operations, inputs and answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installs import install, keep, run
from stacks import Stack, corner

pytestmark = pytest.mark.projects

DESCRIBE = {
    "asgi": """
from shop.app import create_api
from shop.observability.metrics import Metrics
from shop.settings import read_settings
description = create_api(read_settings(), Metrics()).openapi()
""",
    "wsgi": """
from types import SimpleNamespace
from shop.app import create_api
from shop.settings import read_settings
description = create_api(SimpleNamespace(settings=read_settings())).api_doc
""",
}
PRINT = "import json; print(json.dumps(description))"
METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}


def describe(project: Path, interface: str) -> dict[str, Any]:
    """Return the OpenAPI description of an installed project."""
    python = str(project / ".venv" / "bin" / "python")
    printed = run(project, python, "-c", DESCRIBE[interface] + PRINT, timeout_s=60)
    description: dict[str, Any] = json.loads(printed)
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


@pytest.fixture
def operations(rendered: Callable[[Stack], Path]) -> dict[str, dict[str, Any]]:
    """Return the operations of both interfaces, the rest of the stack being equal."""
    found = {}
    for interface in DESCRIBE:
        stack = corner(
            example=True, interface=interface, database="sqlite", cache="memory", tasks="none"
        )
        project = keep(rendered(stack), f"contract-{interface}")
        install(project)
        found[interface] = operations_of(describe(project, interface))
    return found


def test_both_interfaces_describe_one_api(operations: dict[str, dict[str, Any]]) -> None:
    asgi, wsgi = operations["asgi"], operations["wsgi"]

    assert "POST /users" in asgi
    assert sorted(asgi) == sorted(wsgi)
    for name, operation in asgi.items():
        assert operation == wsgi[name], name
