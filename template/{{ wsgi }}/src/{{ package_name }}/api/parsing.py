"""Reading JSON bodies as strictly as the other stacks do."""

from typing import Any

from flask import Request
from werkzeug.exceptions import BadRequest


class NotAnObject(Exception):
    """The body is no JSON object."""


class JsonRequest(Request):
    """A request whose JSON body must be an object."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the object; `silent` is not heeded, since it would hide what is wrong.

        Raises:
            NotAnObject: anything else was sent.
        """
        if not self.is_json:
            raise NotAnObject
        try:
            value = super().get_json(force=force, silent=False, cache=cache)
        except BadRequest:
            raise NotAnObject from None
        if not isinstance(value, dict):
            raise NotAnObject
        return value
