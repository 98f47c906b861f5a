"""Request bodies: JSON, read as strictly as by the ASGI flavour, and arrays of rows."""

import json
from typing import Any, cast

from flask import Request, request
from werkzeug.exceptions import RequestEntityTooLarge

from hotpath.http.problems import WrongBody
from hotpath.wsgi.dependencies import get_resources


class JsonRequest(Request):
    """A request whose JSON body must be an object, or an array if its route says so."""

    expected: type = dict

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body; the options are ignored, as `silent` would hide errors.

        Raises:
            WrongBody: the body is anything else.
            RequestEntityTooLarge: the body has more than `max_content_length` bytes.
        """
        if not self.is_json:
            raise WrongBody(self.expected)
        try:
            value = json.loads(self._read())
        except (ValueError, RecursionError):
            raise WrongBody(self.expected) from None
        if not isinstance(value, self.expected):
            raise WrongBody(self.expected)
        return value

    def _read(self) -> bytes:
        # The server ends the stream; Werkzeug's own limit truncates a chunked body silently.
        limit = self.max_content_length or 0
        body: bytes = b""
        if (self.content_length or 0) <= limit:
            body = self.environ["wsgi.input"].read(limit + 1)
        if max(self.content_length or 0, len(body)) > limit:
            raise RequestEntityTooLarge
        return body


def expect_rows() -> None:
    """Accept an array as the body of this request, up to `max_bulk_body_bytes`."""
    current = cast(JsonRequest, request)
    current.expected = list
    current.max_content_length = get_resources().settings.server.max_bulk_body_bytes
