"""Responses that are sent while they are produced."""

from collections.abc import Generator

from flask import Response as FrameworkResponse
from flask import request


def render_stream(pieces: Generator[bytes], media_type: str) -> FrameworkResponse:
    """Stream the pieces; they are closed as soon as the client disconnects or stops reading.

    If they are not sent completely, the server closes the connection.
    """
    if request.method == "HEAD":
        pieces.close()
    return FrameworkResponse(pieces, content_type=media_type)
