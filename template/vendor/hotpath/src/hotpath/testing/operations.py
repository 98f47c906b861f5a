"""The operations that `/openapi.json` describes, as rows of a table."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx2

PROBLEM = "application/problem+json"


class Operation(NamedTuple):
    """What a client program is generated from."""

    method: str
    path: str
    operation_id: str
    status: int
    response: str
    """The name of the schema of the response; "" if it has no JSON."""
    problems: tuple[int, ...] = ()
    parameters: tuple[str, ...] = ()
    body: str = ""
    """The name of the schema of the request's body."""


ENGINE = (
    Operation("get", "/healthz", "read_health", 200, "Health"),
    Operation("get", "/readyz", "read_ready", 200, "Readiness"),
    Operation("get", "/tasks/{task_id}", "read_task", 200, "TaskOut", (404,), ("task_id",)),
)
"""Those that every service has."""


def described_operations(http: httpx2.Client, *tags: str) -> set[Operation]:
    """Return the operations that the service describes, of all tags or of some."""
    paths = http.get("/openapi.json").raise_for_status().json()["paths"]
    return {
        _operation(method, path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if not tags or not set(tags).isdisjoint(operation.get("tags", ()))
    }


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    responses = operation["responses"]
    problems = (status for status in responses if PROBLEM in responses[status].get("content", ()))
    status = next(status for status in responses if status.startswith("2"))
    return Operation(
        method,
        path,
        operation["operationId"],
        int(status),
        schema_name(responses[status]),
        tuple(int(status) for status in problems if status != "default"),
        tuple(parameter["name"] for parameter in operation.get("parameters", ())),
        schema_name(operation.get("requestBody", {})),
    )


def schema_name(message: Mapping[str, Any]) -> str:
    """Return the name of the JSON schema of a request or response, "" when it has no body."""
    schema = message.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]
