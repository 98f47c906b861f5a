"""Marks hot endpoints: their plain requests are answered before the framework's router."""

from collections.abc import Callable
from typing import Any, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_MARK = "is_hot"


def hot(endpoint: Endpoint) -> Endpoint:
    """Answer plain requests to `endpoint` without the framework, which takes longer than most work.

    It is declared as any other and called with what any other is given, as far as `hot_input` can
    read it. Dependencies and middleware of the framework do not come before it.
    """
    setattr(endpoint, _MARK, True)
    return endpoint


def no_answer(endpoint: Callable[..., Any], returned: object) -> TypeError:
    """Return what is wrong with a hot endpoint that returned anything but an `Answer`."""
    name = f"{endpoint.__module__}.{endpoint.__qualname__}"
    return TypeError(f"{name} is hot and returned {type(returned).__name__}, which is no Answer")


def is_hot(endpoint: Callable[..., Any]) -> bool:
    """Tell whether an endpoint was marked."""
    return hasattr(endpoint, _MARK)
