"""Exports over HTTP: their media types, and what OpenAPI says of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from hotpath.schemas import ExportFormat

MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "ndjson": "application/x-ndjson",
    "json": "application/json",
}
"""The media type of each format."""


def export_responses(schema: type[BaseModel]) -> dict[Any, Any]:
    """Describe an export, for OpenAPI: NDJSON has a row a line, JSON all of them in one array."""
    row = {"$ref": f"#/components/schemas/{schema.__name__}"}
    content = {
        MEDIA_TYPES["ndjson"]: {"schema": row},
        MEDIA_TYPES["json"]: {"schema": {"type": "array", "items": row}},
    }
    return {200: {"description": "All rows", "content": content}}
