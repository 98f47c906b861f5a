"""A welcome: taken over HTTP, done by whoever runs tasks in this stack, its state over HTTP."""

import re
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, assert_problem
from hotpath_services.process import wait_until

from ..users import UTC_TIME, add_user, compact

DONE_WITHIN_S = 20.0
UNFINISHED = {"queued", "running"}


def finished(http: httpx2.Client, path: str) -> httpx2.Response:
    """Wait until the task at `path` has an end, and return its state."""
    assert wait_until(lambda: http.get(path).json()["state"] not in UNFINISHED, DONE_WITHIN_S)
    return http.get(path)


def test_a_welcome_is_taken_and_then_done(http: httpx2.Client) -> None:
    user = add_user(http, name="Ada")

    taken = http.post(f"/users/{user['id']}/welcome")
    done = finished(http, taken.headers["location"])

    task_id = taken.json()["task_id"]
    state: dict[str, Any] = done.json()
    result = {"user_id": user["id"], "to": user["email"], "text": "Welcome, Ada!"}
    assert (taken.status_code, taken.text) == (202, compact({"task_id": task_id}))
    assert taken.headers["location"] == f"/tasks/{task_id}"
    assert {**state, "result": result} == state
    assert done.text == compact(
        {
            "task_id": task_id,
            "name": "send_welcome",
            "state": "succeeded",
            "result": state["result"],
            "error": None,
            "created_at": state["created_at"],
            "finished_at": state["finished_at"],
        }
    )
    assert re.fullmatch(UTC_TIME, state["created_at"])
    assert re.fullmatch(UTC_TIME, state["finished_at"])
    assert state["created_at"] < state["finished_at"]


def test_an_unknown_task_is_not_found(http: httpx2.Client) -> None:
    assert_problem(http.get(f"/tasks/{'0' * 32}"), 404, f"task {'0' * 32} does not exist")


@pytest.mark.parametrize("task_id", ["xyz", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "%0A"])
def test_a_malformed_task_id_is_refused(http: httpx2.Client, task_id: str) -> None:
    assert_invalid(http.get(f"/tasks/{task_id}"), "task_id")
