"""What handlers are given besides their input."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

from ..resources import Resources

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CURRENT: ContextVar[tuple[Resources, "WSGIEnvironment"]] = ContextVar("current_request")
"""Set while a request is answered, with the framework and without."""


def given() -> Resources:
    """Return the resources of this process."""
    return CURRENT.get()[0]


def if_none_match() -> str | None:
    """Return what the client says it has."""
    value: str | None = CURRENT.get()[1].get("HTTP_IF_NONE_MATCH")
    return value
