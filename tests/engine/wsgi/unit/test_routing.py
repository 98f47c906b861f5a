"""What our routers read themselves, they read as flask-openapi3 does."""

from typing import Annotated

import pytest
from flask import Response as FrameworkResponse
from flask_openapi3 import APIBlueprint
from hotpath.wsgi.app import Api
from hotpath.wsgi.errors import invalid_input_response
from hotpath.wsgi.responses import Response, render
from hotpath.wsgi.routing import Router
from pydantic import BaseModel, Field
from werkzeug.test import Client

from package_name.resources import Resources

from ..apps import app_on


class _Path(BaseModel):
    number: int


class _Query(BaseModel, extra="allow"):
    one: int = 1
    some: list[int] | None = None
    named: Annotated[list[str], Field(alias="called")] = []


class _Body(BaseModel):
    text: str


class _Header(BaseModel):
    host: str


class _Seen(BaseModel):
    path: _Path
    query: _Query


QUERIES = (
    *("", "one=2", "some=1", "some=1&some=2", "some=", "one=", "one"),
    *("called=a", "called=a&called=b", "named=a", "extra=1", "one=x"),
)


def _read(path: _Path, query: _Query) -> Response:
    return render(_Seen(path=path, query=query))


def _write(body: _Body) -> Response:
    return render(body)


def _read_header(header: _Header) -> Response:
    return render(header)


def _declare(router: APIBlueprint) -> APIBlueprint:
    router.get("/read/<number>")(_read)
    router.post("/write")(_write)
    router.get("/header")(_read_header)
    return router


@pytest.fixture
def http() -> Client:
    """Return a client of routes of ours, and of the same ones as the library has them."""
    api = Api(
        __name__,
        validation_error_status="default",
        validation_error_callback=invalid_input_response,
    )
    api.register_api(_declare(Router(prefix="/ours")))
    api.register_api(_declare(APIBlueprint("theirs", __name__, url_prefix="/theirs")))
    return Client(api)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_read_as_by_the_library(http: Client, query: str) -> None:
    ours, theirs = (http.get(f"/{name}/read/7?{query}") for name in ("ours", "theirs"))

    assert (theirs.status_code, theirs.data) == (ours.status_code, ours.data)


def test_of_a_repeated_parameter_the_last_counts(http: Client) -> None:
    answer = http.get("/ours/read/7?one=x&one=2&extra=1&extra=2").get_json()

    assert answer["query"]["one"] == 2
    assert answer["query"]["extra"] == ["1", "2"]


def test_all_that_is_invalid_is_told_at_once(http: Client) -> None:
    answer = http.get("/ours/read/x?one=y").get_json()

    assert [error["field"] for error in answer["errors"]] == ["number", "one"]


@pytest.mark.parametrize("number", ["7", "x"])
def test_a_path_is_read_as_by_the_library(http: Client, number: str) -> None:
    ours, theirs = (http.get(f"/{name}/read/{number}") for name in ("ours", "theirs"))

    assert (theirs.status_code, theirs.data) == (ours.status_code, ours.data)


@pytest.mark.parametrize("body", [{"text": "a"}, {"text": 1}, {}])
def test_a_body_is_read_as_by_the_library(http: Client, body: dict[str, object]) -> None:
    ours, theirs = (http.post(f"/{name}/write", json=body) for name in ("ours", "theirs"))

    assert (theirs.status_code, theirs.data) == (ours.status_code, ours.data)


def test_headers_are_left_to_the_library(http: Client) -> None:
    assert http.get("/ours/header").get_json() == {"host": "localhost"}


async def test_an_after_request_function_sees_every_answer(resources: Resources) -> None:
    app = app_on(resources)

    @app.after_request
    def mark(answer: FrameworkResponse) -> FrameworkResponse:
        answer.headers["x-mark"] = "1"
        return answer

    assert Client(app).get("/healthz").headers["x-mark"] == "1"
