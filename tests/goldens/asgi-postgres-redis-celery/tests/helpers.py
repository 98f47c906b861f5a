"""Users and posts for tests, added the way a client adds them."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx2

UTC_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
AVATAR = {"url": "https://avatars.example.com/1.png"}
JSON = {"content-type": "application/json"}


def unique_email() -> str:
    """Return an address that no other test uses."""
    return f"{uuid4().hex}@example.com"


def add_user(http: httpx2.Client, **fields: str) -> dict[str, Any]:
    """Add a user and return the response."""
    response = http.post("/users", json={"email": unique_email(), "name": "Ada", **fields})
    assert response.status_code == 201, response.text
    user: dict[str, Any] = response.json()
    return user


def add_posts(http: httpx2.Client, user_id: int, count: int) -> list[dict[str, Any]]:
    """Add posts of a user, and return them, oldest first."""
    bodies = [{"title": f"Post {number}", "body": ""} for number in range(count)]
    return [http.post(f"/users/{user_id}/posts", json=body).json() for body in bodies]


def compact(value: Mapping[str, Any]) -> str:
    """Return JSON as the service writes it: in order, without spaces, text as it is."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
