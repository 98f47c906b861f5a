"""A welcome: accepted over HTTP, sent by whatever runs tasks, its state over HTTP."""

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, assert_problem
from hotpath.testing.servers import wait_until

from .helpers import add_user, compact

WITHIN_S = 20.0
UNFINISHED = {"queued", "running"}


def finished(http: httpx2.Client, path: str) -> httpx2.Response:
    """Wait until the task at `path` has ended, and return its state."""
    assert wait_until(lambda: http.get(path).json()["state"] not in UNFINISHED, WITHIN_S)
    return http.get(path)


def test_a_welcome_is_accepted_and_then_sent(http: httpx2.Client) -> None:
    user = add_user(http, name="Ada")

    accepted = http.post(f"/users/{user['id']}/welcome")
    done = finished(http, accepted.headers["location"])

    task_id, state = accepted.json()["task_id"], done.json()
    assert (accepted.status_code, accepted.text) == (202, compact({"task_id": task_id}))
    assert accepted.headers["location"] == f"/tasks/{task_id}"
    assert (state["name"], state["state"], state["error"]) == ("send_welcome", "succeeded", None)
    expected = {"user_id": user["id"], "to": user["email"], "text": "Welcome, Ada!"}
    assert state["result"] == expected
    assert state["created_at"] < state["finished_at"]


def test_an_unknown_task_is_not_found(http: httpx2.Client) -> None:
    assert_problem(http.get(f"/tasks/{'0' * 32}"), 404, f"task {'0' * 32} does not exist")


@pytest.mark.parametrize("task_id", ["xyz", "0" * 31, "A" * 32])
def test_a_malformed_task_id_is_refused(http: httpx2.Client, task_id: str) -> None:
    assert_invalid(http.get(f"/tasks/{task_id}"), "task_id")
