"""Exports of repositories as responses."""

from fastapi import Request
from fastapi import Response as FrameworkResponse

from hotpath.aio.repository import Repository, export
from hotpath.aio.resources import Resources
from hotpath.asgi.responses import render_stream
from hotpath.http.exports import MEDIA_TYPES
from hotpath.schemas import ExportFormat


async def render_export(
    request: Request, resources: Resources, repository: Repository, layout: ExportFormat
) -> FrameworkResponse:
    """Stream all rows; a response that ends early is cut, so that no client takes it as whole.

    Raises:
        DatabaseUnavailable: there was no connection.
    """
    pieces = await export(repository, resources.db, layout)
    stall_s = resources.settings.server.stream_stall_s
    return render_stream(request, pieces, MEDIA_TYPES[layout], stall_s)
