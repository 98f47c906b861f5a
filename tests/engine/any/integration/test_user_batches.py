"""Users read at the same time are one query: seen from outside, while a connection is held."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx2
import pytest
from hotpath.testing.servers import Server, figure, in_flight, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from sqlalchemy import insert

from package_name.resources import Resources
from package_name.users.model import User

from ..database import PATIENT
from ..locks import locked
from ..users import add_user, unique_email

MANY = 64
FLUSH_WITHIN_S = 10.0
LONG_S = 60


@pytest.fixture(scope="module")
def narrow(workspace: Workspace) -> Iterator[Server]:
    """Run a server with one connection to the database, and a thread for every caller."""
    narrowed = workspace.with_settings(
        DB__POOL_SIZE=1,
        DB__MAX_OVERFLOW=0,
        DB__DEDICATED_CONNECTIONS=0,
        DB__POOL_WAIT_S=LONG_S,
        DB__BATCH_WAIT_S=LONG_S,
        SERVER__THREADS=80,
        **PATIENT,
    )
    with serving(narrowed) as server:
        yield server


@asynccontextmanager
async def held_connection(
    server: Server, resources: Resources, threads: ThreadPoolExecutor
) -> AsyncIterator[None]:
    """Keep the server's only connection: a request writes and may not until the block ends."""
    async with locked(resources.db, "users"):
        writing = threads.submit(add_user, server.http)
        assert wait_until(lambda: figure(server.http, "db_pool_in_use") == 1, FLUSH_WITHIN_S)
        yield
        assert not writing.done()
    writing.result()


def batches(server: Server, kind: str) -> tuple[float, float]:
    """Return how many queries looked up how many keys."""
    names = ("batch_size_count", "batch_size_sum")
    return figure(server.http, names[0], kind=kind), figure(server.http, names[1], kind=kind)


async def test_users_missed_at_the_same_time_are_at_most_two_queries(
    narrow: Server, resources: Resources
) -> None:
    async with resources.db.writing() as session:
        rows = [{"email": unique_email(), "name": "Ada"} for _ in range(MANY)]
        ids = list(await session.scalars(insert(User).returning(User.id), rows))
    queries, keys = batches(narrow, "user_by_id")

    def read(user_id: int) -> httpx2.Response:
        return narrow.http.get(f"/users/{user_id}")

    with ThreadPoolExecutor(MANY + 1) as threads:
        async with held_connection(narrow, resources, threads):
            answers = [threads.submit(read, user_id) for user_id in ids]
            assert wait_until(lambda: in_flight(narrow.port) == 1 + MANY, FLUSH_WITHIN_S)

        assert [answer.result().json()["id"] for answer in answers] == ids
    now_queries, now_keys = batches(narrow, "user_by_id")
    assert now_queries - queries <= 2
    assert now_keys - keys == MANY


def test_the_owner_of_an_empty_page_is_looked_up(narrow: Server) -> None:
    user_id = add_user(narrow.http)["id"]
    queries, keys = batches(narrow, "posts_user_id")

    known = narrow.http.get(f"/users/{user_id}/posts")
    unknown = narrow.http.get(f"/users/{user_id + 1_000_000}/posts")

    assert (known.status_code, unknown.status_code) == (200, 404)
    assert batches(narrow, "posts_user_id") == (queries + 2, keys + 2)


def test_a_read_of_a_user_is_counted(narrow: Server) -> None:
    user_id = add_user(narrow.http)["id"]
    queries, keys = batches(narrow, "user_by_id")
    waits = figure(narrow.http, "batch_wait_seconds_count", kind="user_by_id")

    narrow.http.get(f"/users/{user_id}").raise_for_status()

    assert batches(narrow, "user_by_id") == (queries + 1, keys + 1)
    assert figure(narrow.http, "batch_wait_seconds_count", kind="user_by_id") == waits + 1
