"""What every error looks like: RFC 9457 problem details."""

from http import HTTPStatus

import httpx2

INVALID = "The request has invalid values: see errors."


def problem(status: int, detail: str) -> dict[str, object]:
    """Return the body of a problem without errors of fields."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def assert_problem(response: httpx2.Response, status: int, detail: str) -> None:
    """Check the whole response."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == problem(status, detail)


def assert_invalid(response: httpx2.Response, *fields: str) -> None:
    """Check that exactly these fields are refused, each with a reason."""
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    errors = body.pop("errors")
    assert body == problem(422, INVALID)
    assert [error["field"] for error in errors] == list(fields)
    assert all(error["message"] for error in errors)
