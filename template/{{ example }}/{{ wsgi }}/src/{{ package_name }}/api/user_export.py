"""The export of users; listed before the routes of one user, whose paths look alike."""

from flask import Response
from flask_openapi3 import Tag

from ..users.export import export_users
from ..users.schemas import UserExportQuery
from .context import given
from .problems import problem_responses
from .routing import Router
from .streams import render_stream
from .user_formats import MEDIA_TYPES, export_responses

router = Router("user_export", __name__, abp_tags=[Tag(name="users")])


@router.get(
    "/users/export",
    operation_id="export_users",
    responses={**export_responses(), **problem_responses(503)},
)
def read_export(query: UserExportQuery) -> Response:
    """Stream all users by id, as they are at the start; an answer that ends early is cut."""
    pieces = export_users(given().db, query.format)
    return render_stream(pieces, MEDIA_TYPES[query.format])
