"""Valkey cut off, frozen, silent: requests are served without a limit, soon, and it comes back."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from time import monotonic

import pytest
from hotpath.testing.servers import Server, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services import RunningService
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..rate_limits import REFUSED, SETTINGS, exhaust, new_client, statuses_of_many
from ..redis_server import connected, frozen
from ..shop import SERVICE
from ..tcp_proxy import TcpProxy, proxied
from ..tries import tried_again

Place = tuple[Server, RunningService, TcpProxy]

QUOTA = 5
HOT = "/users/1000000"
REQUESTS = 40
SOON_S = 10.0
"""For all requests at once, of which some pay a timeout of 0.2 s; without one they take forever."""
BACK_WITHIN_S = 10.0
LOST = "rate limit not applied"
BACK = "rate limit applied again"


@pytest.fixture(scope="module")
def place(workspace: Workspace) -> Iterator[Place]:
    """Run a service with a limit on a Valkey of its own, that it reaches by a proxy."""
    with temporary_service(Valkey(SERVICE)) as valkey, proxied(valkey.url) as proxy:
        limited = workspace.with_settings(
            CACHE__URL=proxy.url, SERVER__RATE_LIMIT=f"{QUOTA}/hour", **SETTINGS
        )
        with serving(limited) as server:
            yield server, valkey, proxy


@tried_again
@pytest.mark.parametrize("fault", ["cut", "frozen", "silent"])
def test_without_redis_requests_are_served_soon_and_without_a_limit(
    place: Place, fault: str
) -> None:
    server, valkey, proxy = place
    faults: dict[str, AbstractContextManager[None]] = {
        "cut": proxy.cut(),
        "frozen": frozen(valkey),
        "silent": proxy.silent(),
    }
    sender = new_client()
    [*_, refused] = exhaust(lambda: server.http.get(HOT, headers=sender))
    assert refused.status_code == REFUSED
    lost, back = (server.program.log.read_text().count(each) for each in (LOST, BACK))
    skipped = figure(server.http, "rate_limit_skipped_total")

    with faults[fault]:
        started = monotonic()
        statuses = statuses_of_many(server.port, HOT, REQUESTS, sender)
        elapsed_s = monotonic() - started
        answer = server.http.get(HOT, headers=sender)
        seen = figure(server.http, "rate_limit_skipped_total")

    assert statuses == [404] * REQUESTS
    assert elapsed_s < SOON_S
    assert "ratelimit" not in answer.headers
    assert seen == skipped + REQUESTS + 1
    assert wait_until(
        lambda: server.http.get(HOT, headers=sender).status_code == REFUSED, BACK_WITHIN_S
    )
    log = server.program.log.read_text()
    assert (log.count(LOST), log.count(BACK)) == (lost + 1, back + 1)


def test_a_restarted_redis_without_scripts_counts_on(place: Place) -> None:
    server, valkey, _ = place
    sender = new_client()
    with connected(valkey.url) as redis:
        server.http.get(HOT, headers=sender)
        redis.script_flush()
        answers = exhaust(lambda: server.http.get(HOT, headers=sender))

    assert len(answers) == QUOTA
