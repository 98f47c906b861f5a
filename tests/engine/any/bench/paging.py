"""Pages of a million users: `nox -s bench -- asgi-sqlite-memory-none paging [users]`.

Symptom: with OFFSET, or a filter without its index, a page costs more the deeper it is.

Measured with 1 M users, page 10,000 against page 1: 0.7-1.3 in every stack and filter but one (1.8,
WSGI and SQLite without a filter; 6.5 ms), on 2 cores. Before, with `created_after` and the cursor
both as bounds: 23 on SQLite, 3.3 on PostgreSQL.
"""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median

import httpx2
from hotpath.db.keyset import Cursors, to_micros
from hotpath.testing.servers import serving
from rich.console import Console
from rich.table import Table

from ..many_users import STARTED_AT_S
from .place import measured

USERS = 1_000_000
LIMIT = 50
DEEP_PAGE = 10_000
"""Or the last one that all filters have, with fewer users."""
CALLS = 200
START = datetime.fromtimestamp(STARTED_AT_S, UTC).isoformat()
STATUS = {"status": "active"}
TIME = {"created_after": START}
FILTERS: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "status": STATUS,
    "created_after": TIME,
    "both": STATUS | TIME,
}


def seconds_of(http: httpx2.Client, query: Mapping[str, str | int]) -> float:
    """Return the median time of a page."""
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        response = http.get("/users", params=query)
        times.append(time.perf_counter() - started)
        assert len(response.json()["items"]) == LIMIT, response.text
    return median(times)


def deep_cursor(cursors: Cursors, query: Mapping[str, str], deep_page: int) -> str:
    """Return the cursor of a deep page, without the walk to it."""
    rows = (deep_page - 1) * LIMIT
    last = rows // 3 * 5 if "status" in query else rows  # three users of five are active
    if "created_after" not in query:
        return cursors.encode(last)
    created_at = datetime.fromtimestamp(STARTED_AT_S + last, UTC)
    return cursors.ordered_by("created_at").encode(to_micros(created_at), last)


def measure(users: int, show: Callable[[Table], None]) -> None:
    """Fill a database, serve it, and compare first and deep pages of every filter."""
    deep_page = min(DEEP_PAGE, users * 3 // 5 // LIMIT)
    table = Table("filter", "page 1", f"page {deep_page:,}", "ratio")
    with ExitStack() as stack:
        place = stack.enter_context(measured(users))
        secret = place.settings().secret_key.get_secret_value()
        cursors = Cursors(secret, "users")
        http = stack.enter_context(serving(place)).http
        for name, filters in FILTERS.items():
            query: dict[str, str | int] = {**filters, "limit": LIMIT}
            deep: dict[str, str | int] = {
                **query,
                "cursor": deep_cursor(cursors, filters, deep_page),
            }
            seconds_of(http, query)  # warms both up
            first_s, deep_s = seconds_of(http, query), seconds_of(http, deep)
            ratio = f"{deep_s / first_s:.2f}"
            table.add_row(name, f"{first_s * 1000:.2f} ms", f"{deep_s * 1000:.2f} ms", ratio)
    show(table)


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else USERS, Console().print)
