"""`/openapi.json` and the page that shows it."""

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import OpenAPI

from hotpath.settings import TITLE

_PAGE = f"""<!DOCTYPE html>
<html><head><title>{TITLE}</title>
<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css">
</head><body><div id="swagger-ui"></div>
<script src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "/openapi.json", dom_id: "#swagger-ui"}})</script>
</body></html>"""


def add_documentation(app: OpenAPI) -> None:
    """Serve the description at the same paths as the other stacks."""
    app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(_document(app)))
    app.add_url_rule("/docs", "docs", lambda: Response(_PAGE))


def _document(app: OpenAPI) -> dict[str, Any]:
    """Return the description without the library's own parts that no operation uses."""
    document: dict[str, Any] = app.api_doc
    document["components"].pop("securitySchemes", None)
    document["components"]["schemas"].pop("ValidationErrorModel", None)
    return document
