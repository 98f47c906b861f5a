"""What `seed` adds is in the lists of a running server soon, though these are cached."""

import httpx2
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

USERS = 3
FLUSH_WITHIN_S = 10.0
"""For a busy machine; far less than the TTL of a value."""


def totals(http: httpx2.Client) -> tuple[int, int]:
    """Return how many users the first page and the statistics tell of."""
    page = http.get("/users", params={"count": "true", "limit": 1}).json()
    stats = http.get("/users/stats").json()
    return page["total"], sum(item["count"] for item in stats["items"])


def test_seeded_users_are_in_lists_soon(http: httpx2.Client, workspace: Workspace) -> None:
    listed, counted = totals(http)

    result = workspace.run("seed", "--users", str(USERS))

    assert result.returncode == 0, result.stderr
    expected = (listed + USERS, counted + USERS)
    assert wait_until(lambda: totals(http) == expected, FLUSH_WITHIN_S), totals(http)
