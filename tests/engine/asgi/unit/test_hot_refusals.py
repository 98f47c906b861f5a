"""What cannot be hot is refused when the service starts, by a sentence."""

from collections.abc import Callable
from typing import Annotated, Any, cast

import pytest
from fastapi import APIRouter, Cookie, Depends, FastAPI
from hotpath.asgi.errors import ErrorHandlers
from hotpath.asgi.hot_routes import HotRoutes
from hotpath.asgi.messages import RequestHead
from hotpath.asgi.responses import Response, render_json
from hotpath.http.hot import hot, not_a_response


async def _take_cookie(session: Annotated[str, Cookie()]) -> Response:
    return render_json(session.encode())


async def _take_list(numbers: list[int]) -> Response:
    return render_json(str(numbers).encode())


async def _return_text() -> str:
    return "text"


def _block() -> Response:
    return render_json(b"1")


@pytest.mark.parametrize("endpoint", [_take_cookie, _take_list, _return_text, _block])
def test_what_only_the_framework_can_do_is_refused(endpoint: Callable[..., Any]) -> None:
    router = APIRouter()
    router.post("/x", response_model=None)(hot(endpoint))

    with pytest.raises(ValueError, match=f"{endpoint.__name__} cannot be hot"):
        HotRoutes(FastAPI(), [router], 1, ErrorHandlers({}))


def test_a_dependency_is_not_passed_over() -> None:
    async def read() -> Response:
        return render_json(b"1")

    router = APIRouter(dependencies=[Depends(lambda: None)])
    router.get("/x")(hot(read))

    with pytest.raises(ValueError, match="/x has dependencies"):
        HotRoutes(FastAPI(), [router], 1, ErrorHandlers({}))


async def _return_number() -> Response:
    number: Any = 1
    return cast(Response, number)


async def test_what_is_no_answer_is_a_fault() -> None:
    api = FastAPI()
    api.state.resources = None
    router = APIRouter()
    router.get("/x", response_model=None)(hot(_return_number))
    call = HotRoutes(api, [router], 1, ErrorHandlers({})).find(RequestHead("GET", "/x", b"", {}))
    assert call is not None
    assert call.accepts(b"")

    answer = await call.respond()

    assert answer.status_code == 500


def test_the_fault_names_the_endpoint() -> None:
    sentence = str(not_a_response(_return_number, 1))

    assert sentence.endswith("._return_number is hot and returned int, not a Response")
