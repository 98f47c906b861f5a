"""The description of the API: exactly what is served."""

from typing import Any

import httpx2
from hotpath.settings import DESCRIPTION, TITLE, VERSION

from ..operation import Operation
from ..operations import FEATURES

OPERATIONS = {
    Operation("get", "/healthz", "read_health", 200, "Health"),
    Operation("get", "/readyz", "read_ready", 200, "Readiness"),
    Operation("get", "/tasks/{task_id}", "read_task", 200, "TaskOut", (404,), ("task_id",)),
    *FEATURES,
}
PROBLEM = "application/problem+json"


def described(method: str, path: str, operation: dict[str, Any]) -> Operation:
    """Return a described operation as a row of the table."""
    answers = operation["responses"]
    problems = (status for status in answers if PROBLEM in answers[status].get("content", ()))
    status = next(status for status in answers if status.startswith("2"))
    return Operation(
        method,
        path,
        operation["operationId"],
        int(status),
        schema_name(answers[status]),
        tuple(int(status) for status in problems if status != "default"),
        tuple(parameter["name"] for parameter in operation.get("parameters", ())),
        schema_name(operation.get("requestBody", {})),
    )


def schema_name(message: dict[str, Any]) -> str:
    """Return the name of the JSON schema of a request or answer, "" when it has no body."""
    schema = message.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def test_exactly_the_operations_that_are_served_are_described(http: httpx2.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]

    found = {
        described(method, path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    }

    assert found == OPERATIONS


def test_every_operation_says_that_any_problem_may_come(http: httpx2.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]

    for operations in paths.values():
        for operation in operations.values():
            assert PROBLEM in operation["responses"]["default"]["content"]
            assert "422" not in operation["responses"]  # part of "default"


def test_readiness_has_the_same_shape_when_it_fails(http: httpx2.Client) -> None:
    ready = http.get("/openapi.json").json()["paths"]["/readyz"]["get"]

    assert schema_name(ready["responses"]["503"]) == "Readiness"


def test_the_description_says_what_is_described(http: httpx2.Client) -> None:
    answer = http.get("/openapi.json")

    assert answer.headers["content-type"] == "application/json"
    info = answer.json()["info"]
    assert info == {"title": TITLE, "version": VERSION, "description": DESCRIPTION}


def test_the_page_for_people_shows_the_description(http: httpx2.Client) -> None:
    answer = http.get("/docs")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "/openapi.json" in answer.text
