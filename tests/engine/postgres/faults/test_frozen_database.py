"""A PostgreSQL that takes connections and says nothing: no request waits for longer than it may."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import httpx2
import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import client, in_flight, serving
from hotpath.testing.workspace import Workspace
from hotpath_services import RunningService
from hotpath_services.postgres import Postgres
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from sqlalchemy import text

from ..freezing import connected, frozen
from ..shop import SERVICE
from ..tries import tried_again

TASK = f"/tasks/{'0' * 32}"
CLIENTS = 3
PING_S = 0.5
CONNECT_S = 3
STATEMENT_S = 1
GRACE_S = 1
FAREWELL_S = 2
ANSWER_S = STATEMENT_S + GRACE_S + FAREWELL_S
SLACK_S = 4
"""For a machine that does something else."""
FLUSH_WITHIN_S = 10.0

Timed = tuple[httpx2.Response, float]


@dataclass(frozen=True)
class Place:
    """A service and the database of its own."""

    postgres: RunningService
    port: int

    def ask(self, path: str) -> Timed:
        """Return the answer and the seconds it took."""
        with client(self.port) as http:
            started = monotonic()
            return http.get(path), monotonic() - started

    def status(self, path: str) -> int:
        """Return the status of the answer."""
        return self.ask(path)[0].status_code


@pytest.fixture(scope="module")
def place(workspace: Workspace) -> Iterator[Place]:
    """Run a service with short limits on a database of its own."""
    with temporary_service(Postgres(SERVICE)) as postgres:
        hasty = workspace.with_settings(
            DB__URL=postgres.url,
            DB__PING_TIMEOUT_S=PING_S,
            DB__CONNECT_TIMEOUT_S=CONNECT_S,
            DB__STATEMENT_TIMEOUT_S=STATEMENT_S,
        )
        assert hasty.run("db", "upgrade").returncode == 0
        with serving(hasty) as server:
            yield Place(postgres, server.port)


def assert_unavailable(request: Future[Timed], before_s: float) -> None:
    answer, took_s = request.result()
    assert_problem(answer, 503, "The database does not answer; try again soon.")
    assert took_s < before_s


@tried_again
async def test_nobody_waits_for_a_frozen_database(place: Place) -> None:
    with ThreadPoolExecutor(2 * CLIENTS) as threads:
        # Connections for all, so that some are at hand, and seem to be good, while it is frozen.
        warm = list(threads.map(place.status, [TASK] * 2 * CLIENTS))
        assert warm == [404] * 2 * CLIENTS

        async with connected(place.postgres) as other:
            await other.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
            begun = [threads.submit(place.ask, TASK) for _ in range(CLIENTS)]
            assert wait_until(lambda: in_flight(place.port) == CLIENTS, FLUSH_WITHIN_S)
            async with frozen(place.postgres, other):
                late = [threads.submit(place.ask, TASK) for _ in range(CLIENTS)]
                ready, took_s = place.ask("/readyz")

                assert (ready.status_code, ready.json()["database"]) == (503, "unavailable")
                assert took_s < CONNECT_S  # it did not wait for a new connection
                for request in begun:
                    assert_unavailable(request, ANSWER_S + SLACK_S)
                for request in late:
                    assert_unavailable(request, PING_S + CONNECT_S + SLACK_S)
                assert place.status("/healthz") == 200

        assert wait_until(lambda: place.status("/readyz") == 200, FLUSH_WITHIN_S)
        assert list(threads.map(place.status, [TASK] * 2 * CLIENTS)) == [404] * 2 * CLIENTS


@tried_again
async def test_a_statement_that_takes_too_long_is_cancelled(place: Place) -> None:
    async with connected(place.postgres) as other:
        await other.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
        answer, took_s = place.ask(TASK)

    assert_problem(answer, 503, "The database does not answer; try again soon.")
    assert answer.headers["retry-after"] == "1"
    assert STATEMENT_S <= took_s < ANSWER_S + SLACK_S
    assert place.status(TASK) == 404
