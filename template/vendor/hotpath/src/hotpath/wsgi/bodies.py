"""Reading JSON bodies as strictly as the other stacks do."""

import json
from typing import Any, cast

from flask import Request, request
from werkzeug.exceptions import RequestEntityTooLarge

from hotpath.http.problems import WrongBody
from hotpath.wsgi.dependencies import given


class JsonRequest(Request):
    """A request whose JSON body must be an object, or an array where a route says so."""

    expected: type = dict

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body, whatever the options say: `silent` would hide what is wrong.

        Raises:
            WrongBody: anything else was sent.
            RequestEntityTooLarge: more than `max_content_length` bytes were announced or came.
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
        # The server ends the stream; Werkzeug's own limit cuts a chunked body without a word.
        limit = self.max_content_length or 0
        body: bytes = b""
        if (self.content_length or 0) <= limit:
            body = self.environ["wsgi.input"].read(limit + 1)
        if max(self.content_length or 0, len(body)) > limit:
            raise RequestEntityTooLarge
        return body


def expect_rows() -> None:
    """Take an array as the body of this request, and a larger one than elsewhere."""
    current = cast(JsonRequest, request)
    current.expected = list
    current.max_content_length = given().settings.server.max_bulk_body_bytes
