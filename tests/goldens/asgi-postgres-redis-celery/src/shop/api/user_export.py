"""The export of users; listed before the routes of one user, whose paths look alike."""

from typing import Annotated

from fastapi import Query, Request, Response

from ..users.export import export_users
from ..users.schemas import UserExportQuery
from .context import Given
from .problems import problem_responses
from .routing import Router
from .streams import render_stream
from .user_formats import MEDIA_TYPES, export_responses

router = Router(tags=["users"])


@router.get(
    "/users/export",
    operation_id="export_users",
    response_class=Response,
    responses={**export_responses(), **problem_responses(503)},
)
async def read_export(
    query: Annotated[UserExportQuery, Query()], request: Request, resources: Given
) -> Response:
    """Stream all users by id, as they are at the start; an answer that ends early is cut."""
    pieces = await export_users(resources.db, query.format)
    stall_s = resources.settings.server.stream_stall_s
    return render_stream(request, pieces, MEDIA_TYPES[query.format], stall_s)
