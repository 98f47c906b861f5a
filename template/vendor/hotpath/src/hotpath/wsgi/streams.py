"""Answers that are sent while they are made."""

from collections.abc import Generator

from flask import Response, request


def render_stream(pieces: Generator[bytes], media_type: str) -> Response:
    """Answer with the pieces as they come; the server closes them when nobody takes them.

    If they are not sent to their end, the server cuts the connection.
    """
    if request.method == "HEAD":
        pieces.close()
    return Response(pieces, content_type=media_type)
