"""Requests to the features' hot routes, good and bad. Add yours here."""

import httpx2

from .hot_request import HotRequest

REQUESTS: tuple[HotRequest, ...] = ()

HOT: frozenset[tuple[str, str]] = frozenset()
"""Method and template of the hot routes."""


def prepare(http: httpx2.Client) -> None:
    """Make what the requests are about."""
