"""The routes and errors of the features. Add yours here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

ROUTERS: tuple[Any, ...] = ()
"""Every feature's routes."""

STATUS_BY_ERROR: Mapping[type[Exception], HTTPStatus] = {}
"""The status of every feature's errors."""
