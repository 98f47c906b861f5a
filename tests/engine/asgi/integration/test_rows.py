"""Bodies with many rows are parsed and checked beside the event loop."""

import threading
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Response
from hotpath.asgi.bodies import RowsRoute
from hotpath.asgi.errors import ErrorHandlers
from httpx2 import ASGITransport, AsyncClient
from pydantic import AfterValidator, RootModel

from package_name.resources import Resources

checked_in: list[threading.Thread] = []
router = APIRouter(route_class=RowsRoute)


def note_thread(value: Any) -> Any:
    """Note where a row is checked."""
    checked_in.append(threading.current_thread())
    return value


class Numbers(RootModel[list[Annotated[int, AfterValidator(note_thread)]]]):
    """Rows of a test."""


@router.post("/sum")
async def add_up(body: Numbers) -> Response:
    """Response with the sum."""
    return Response(str(sum(body.root)))


async def test_rows_are_checked_once_in_a_thread(resources: Resources) -> None:
    app = FastAPI()
    app.state.resources = resources
    app.include_router(router)
    ErrorHandlers({}).add_to(app)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as http:
        answer = await http.post("/sum", json=[1, 2, 3])
        refused = await http.post("/sum", json=[1, "x"])

    assert answer.text == "6"
    assert refused.json()["errors"][0]["field"] == "1"
    assert len(checked_in) == 4
    assert threading.main_thread() not in checked_in
