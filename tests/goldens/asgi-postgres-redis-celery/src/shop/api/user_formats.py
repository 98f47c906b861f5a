"""What exports of users are called in HTTP and in OpenAPI."""

from collections.abc import Mapping
from typing import Any

from ..users.schemas import ExportFormat

MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "ndjson": "application/x-ndjson",
    "json": "application/json",
}
"""The media type of each format."""

_USER = {"$ref": "#/components/schemas/UserOut"}


def export_responses() -> dict[Any, Any]:
    """Describe an export, for OpenAPI: NDJSON has a user a line, JSON all of them in one array."""
    content = {
        MEDIA_TYPES["ndjson"]: {"schema": _USER},
        MEDIA_TYPES["json"]: {"schema": {"type": "array", "items": _USER}},
    }
    return {200: {"description": "All users", "content": content}}
