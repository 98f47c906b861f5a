"""Exports of repositories as responses."""

from flask import Response as FrameworkResponse

from hotpath.blocking.repository import Repository, export
from hotpath.blocking.resources import Resources
from hotpath.http.exports import MEDIA_TYPES
from hotpath.schemas import ExportFormat
from hotpath.wsgi.responses import render_stream


def render_export(
    resources: Resources, repository: Repository, layout: ExportFormat
) -> FrameworkResponse:
    """Stream all rows; a response that ends early is cut, so that no client takes it as whole.

    Raises:
        DatabaseUnavailable: there was no connection.
    """
    return render_stream(export(repository, resources.db, layout), MEDIA_TYPES[layout])
