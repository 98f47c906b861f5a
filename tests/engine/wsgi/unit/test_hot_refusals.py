"""What cannot be hot is refused when the service starts, by a sentence."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from flask_openapi3 import APIBlueprint, OpenAPI
from hotpath.http.hot import hot
from hotpath.wsgi.hot_routes import HotRoutes
from hotpath.wsgi.responses import Response, render_json
from pydantic import BaseModel
from werkzeug.test import create_environ

from package_name.resources import Resources


class _Session(BaseModel):
    session: str


def _take_cookie(cookie: _Session) -> Response:
    return render_json(cookie.session.encode())


def _return_text() -> str:
    return "text"


def _return_number() -> Response:
    number: Any = 1
    return cast(Response, number)


def _hot_routes(router: APIBlueprint, resources: Resources) -> HotRoutes:
    api = OpenAPI(__name__)
    api.register_api(router)
    return HotRoutes(api, resources)


@pytest.mark.parametrize("endpoint", [_take_cookie, _return_text])
async def test_what_only_the_framework_can_do_is_refused(
    resources: Resources, endpoint: Callable[..., Any]
) -> None:
    router = APIBlueprint("routes", __name__)
    router.get("/x")(hot(endpoint))

    with pytest.raises(ValueError, match=f"{endpoint.__name__} cannot be hot"):
        _hot_routes(router, resources)


async def test_what_is_no_answer_is_a_fault_that_says_so(resources: Resources) -> None:
    router = APIBlueprint("routes", __name__)
    router.get("/x")(hot(_return_number))
    routes = _hot_routes(router, resources)

    with pytest.raises(TypeError, match="_return_number is hot and returned int"):
        routes.respond(create_environ("/x"))


async def test_a_hook_is_not_passed_over(resources: Resources) -> None:
    def read() -> Response:
        return render_json(b"1")

    router = APIBlueprint("routes", __name__)
    router.before_request(lambda: None)
    router.get("/x")(hot(read))

    with pytest.raises(ValueError, match="/x has a before_request"):
        _hot_routes(router, resources)
