"""What every error looks like: RFC 9457 problem details."""

from http import HTTPStatus

import httpx2

INVALID = "The request has invalid values: see errors."


def problem(status: int, detail: str) -> dict[str, object]:
    """Return the body of a problem without errors of fields."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def assert_problem(answer: httpx2.Response, status: int, detail: str) -> None:
    """Check the whole answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == problem(status, detail)


def assert_invalid(answer: httpx2.Response, *fields: str) -> None:
    """Check that exactly these fields are refused, each with a reason."""
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    errors = body.pop("errors")
    assert body == problem(422, INVALID)
    assert [error["field"] for error in errors] == list(fields)
    assert all(error["message"] for error in errors)
