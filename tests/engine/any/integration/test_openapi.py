"""The description of the API: exactly what is served."""

import httpx2
from hotpath.testing.operations import ENGINE, PROBLEM, described_operations, schema_name

from ..operations import FEATURES
from ..shop import SERVICE


def test_exactly_the_operations_that_are_served_are_described(http: httpx2.Client) -> None:
    assert described_operations(http) == {*ENGINE, *FEATURES}


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
    about = SERVICE.metadata
    assert info == {
        "title": about["Name"],
        "version": about["Version"],
        "description": about["Summary"],
    }


def test_the_page_for_people_shows_the_description(http: httpx2.Client) -> None:
    answer = http.get("/docs")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "/openapi.json" in answer.text
