"""Calls to a service that fails: each ends in time, with an error that says how."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from time import perf_counter

import pytest
from hotpath.http_client.errors import (
    DependencyError,
    DependencyNotCalled,
    DependencyTimeout,
    DependencyUnavailable,
    InvalidResponse,
)
from hotpath.observability.metrics import Metrics
from hotpath.observability.request_context import REQUEST, RequestContext
from hotpath.testing.workspace import Workspace

from ..calling import READ_S, TOTAL_S, calling
from ..faulty_service import (
    Behaviour,
    FaultyService,
    answers_after,
    answers_with,
    faulty_service,
    is_cut,
    is_half_open,
    is_no_http,
    is_silent,
    never_ends,
    resets,
    trickles,
    trickles_headers,
    works,
    works_once,
)
from ..tries import tried_again
from ..waiting import wait

SLACK_S = 0.7
MANY = 100
AT_ONCE = 5
OPEN_S = 0.4


@pytest.fixture
def other() -> Iterator[FaultyService]:
    """Run a service that works."""
    with faulty_service(works) as running:
        yield running


@tried_again
@pytest.mark.parametrize(
    ("behaviour", "error", "at_most_s"),
    [
        (is_silent, DependencyTimeout, READ_S),
        (answers_after(10), DependencyTimeout, READ_S),
        (is_half_open, DependencyUnavailable, 0),
        (resets, DependencyUnavailable, 0),
        (is_cut, DependencyUnavailable, 0),
        (is_no_http, DependencyUnavailable, 0),
        (answers_with(500), DependencyUnavailable, 0),
        (answers_with(503), DependencyUnavailable, 0),
        (trickles, DependencyTimeout, TOTAL_S),
        (trickles_headers, DependencyTimeout, TOTAL_S),
        (never_ends, InvalidResponse, TOTAL_S),
    ],
)
async def test_a_fault_is_an_error_in_time(
    workspace: Workspace,
    other: FaultyService,
    behaviour: Behaviour,
    error: type[Exception],
    at_most_s: float,
) -> None:
    other.behaviour = behaviour
    async with calling(workspace, other.url, ATTEMPTS=1) as dependency:
        started = perf_counter()

        with pytest.raises(error):
            await dependency.get("/")

        assert perf_counter() - started < at_most_s + SLACK_S
    assert len(other.requests) == 1


async def test_a_service_that_is_not_there_is_unavailable(
    workspace: Workspace, other: FaultyService
) -> None:
    other.stop()
    async with calling(workspace, other.url, ATTEMPTS=1) as dependency:
        with pytest.raises(DependencyUnavailable):
            await dependency.get("/")


async def test_a_call_works_again_after_every_fault(
    workspace: Workspace, other: FaultyService
) -> None:
    async with calling(workspace, other.url, ATTEMPTS=1) as dependency:
        for behaviour in (resets, is_cut, is_half_open, is_silent, trickles, answers_with(500)):
            other.behaviour = behaviour
            with pytest.raises(DependencyError):
                await dependency.get("/")
            other.behaviour = works
            assert (await dependency.get("/")).body == b'{"fine":true}'


async def test_a_connection_serves_many_calls(workspace: Workspace, other: FaultyService) -> None:
    async with calling(workspace, other.url) as dependency:
        for _ in range(10):
            await dependency.get("/")

    assert (len(other.requests), other.connections) == (10, 1)


async def test_a_connection_that_was_closed_is_replaced(
    workspace: Workspace, other: FaultyService
) -> None:
    other.behaviour = works_once
    async with calling(workspace, other.url) as dependency:
        for _ in range(10):
            assert (await dependency.get("/")).status == 200
            await wait(0.01)

    assert other.connections == 10


async def test_a_connection_that_was_idle_for_long_is_not_used(
    workspace: Workspace, other: FaultyService
) -> None:
    async with calling(workspace, other.url, KEEP_ALIVE_S=0.5) as dependency:
        for _ in range(3):
            await dependency.get("/")
            await dependency.get("/")
            await wait(0.8)

    assert (len(other.requests), other.connections) == (6, 3)


async def test_a_lost_get_is_sent_again(workspace: Workspace, other: FaultyService) -> None:
    other.behaviour = _fails_first(resets)
    async with calling(workspace, other.url) as dependency:
        assert (await dependency.get("/")).status == 200

    assert len(other.requests) == 2


async def test_a_post_is_sent_once(workspace: Workspace, other: FaultyService) -> None:
    other.behaviour = resets
    async with calling(workspace, other.url) as dependency:
        for _ in range(3):
            with pytest.raises(DependencyUnavailable):
                await dependency.post("/", json={})

    assert len(other.requests) == 3


@pytest.mark.parametrize("behaviour", [resets, answers_with(503)])
async def test_retries_are_a_fifth_of_the_calls_at_most(
    workspace: Workspace, other: FaultyService, behaviour: Behaviour
) -> None:
    metrics = Metrics("shop")
    other.behaviour = behaviour
    async with calling(workspace, other.url, metrics) as dependency:
        results = await dependency.fetch_many(["/"] * MANY, at_once=AT_ONCE)

    retries = len(other.requests) - MANY
    assert all(isinstance(each, DependencyUnavailable) for each in results)
    assert 0 < retries <= MANY / 5
    assert (
        f'http_client_retries_total{{dependency="other"}} {retries}.0' in metrics.render().decode()
    )


async def test_a_call_is_not_repeated_sooner_than_the_service_wants(
    workspace: Workspace, other: FaultyService
) -> None:
    other.behaviour = answers_with(503, "retry-after: 60\r\n")
    async with calling(workspace, other.url) as dependency:
        with pytest.raises(DependencyUnavailable) as raised:
            await dependency.get("/")

    assert (len(other.requests), raised.value.retry_after_s) == (1, 60.0)


@tried_again
async def test_the_breaker_opens_and_closes(workspace: Workspace, other: FaultyService) -> None:
    other.behaviour = answers_with(500)
    limits = {"ATTEMPTS": 1, "BREAKER_FAILURES": 3, "BREAKER_OPEN_S": OPEN_S}
    async with calling(workspace, other.url, **limits) as dependency:
        for _ in range(3):
            with pytest.raises(DependencyUnavailable):
                await dependency.get("/")

        with pytest.raises(DependencyNotCalled) as refused:
            await dependency.get("/")
        while_open = len(other.requests)
        await wait(OPEN_S)
        with pytest.raises(DependencyUnavailable):
            await dependency.get("/")
        with pytest.raises(DependencyNotCalled):
            await dependency.get("/")
        other.behaviour = works
        await wait(OPEN_S)
        tried = [(await dependency.get("/")).status for _ in range(3)]

    assert while_open == 3
    assert 0 < (refused.value.retry_after_s or 0) <= OPEN_S
    assert tried == [200, 200, 200]
    assert len(other.requests) == 3 + 1 + 3


async def test_calls_side_by_side_are_bounded(workspace: Workspace, other: FaultyService) -> None:
    other.behaviour = answers_after(0.02)
    async with calling(workspace, other.url, MAX_PER_DEPENDENCY=AT_ONCE) as dependency:
        results = await dependency.fetch_many(["/"] * 4 * AT_ONCE, at_once=2 * AT_ONCE)

    assert [isinstance(each, DependencyError) for each in results] == [False] * 4 * AT_ONCE
    assert other.most_at_once == AT_ONCE


async def test_a_call_without_a_turn_is_refused_soon(
    workspace: Workspace, other: FaultyService
) -> None:
    other.behaviour = answers_after(READ_S / 2)
    limits = {"MAX_PER_DEPENDENCY": 1, "POOL_WAIT_S": 0.01, "ATTEMPTS": 1}
    async with calling(workspace, other.url, **limits) as dependency:
        first, second = await dependency.fetch_many(["/", "/"], at_once=2)

    assert sorted(type(each).__name__ for each in (first, second)) == [
        "DependencyNotCalled",
        "HttpResponse",
    ]
    assert len(other.requests) == 1


async def test_failures_are_beside_results(workspace: Workspace, other: FaultyService) -> None:
    other.behaviour = _fails_odd
    async with calling(workspace, other.url, ATTEMPTS=1) as dependency:
        results = await dependency.fetch_many([f"/{number}" for number in range(6)], at_once=3)

    failed = [isinstance(each, DependencyUnavailable) for each in results]
    assert failed == [False, True, False, True, False, True]


@tried_again
async def test_a_call_has_no_more_time_than_its_request(
    workspace: Workspace, other: FaultyService
) -> None:
    other.behaviour = is_silent
    limits = {"READ_TIMEOUT_S": 10, "TIMEOUT_S": 10, "BREAKER_FAILURES": 1}
    async with calling(workspace, other.url, **limits) as dependency:
        with _deadline(READ_S):
            started = perf_counter()
            with pytest.raises(DependencyTimeout):
                await dependency.get("/")
            took_s = perf_counter() - started
            with pytest.raises(DependencyTimeout):
                await dependency.get("/")  # is not sent

        assert READ_S <= took_s < READ_S + SLACK_S
        assert len(other.requests) == 1
        assert not dependency.breaker.is_open  # an impatient client says nothing of the service


async def test_an_endless_body_can_be_streamed_and_left(
    workspace: Workspace, other: FaultyService
) -> None:
    other.behaviour = never_ends
    size = 0
    async with calling(workspace, other.url, MAX_RESPONSE_BYTES=100) as dependency:
        async with dependency.stream("GET", "/") as response:
            async for piece in response.pieces():
                size += len(piece)
                if size > 3_000_000:
                    break
        other.behaviour = works
        after = await dependency.get("/")

    assert size > 3_000_000
    assert after.status == 200


class _Request(RequestContext):
    """A request that has to be answered soon."""

    deadline: float


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    request = _Request()
    request.deadline = perf_counter() + seconds
    token = REQUEST.set(request)
    yield
    REQUEST.reset(token)


def _fails_first(behaviour: Behaviour) -> Behaviour:
    """Fail the first request."""

    def behave(other: FaultyService, connection: socket, head: bytes) -> bool:
        return (behaviour if len(other.requests) == 1 else works)(other, connection, head)

    return behave


def _fails_odd(other: FaultyService, connection: socket, head: bytes) -> bool:
    """Fail requests of odd paths."""
    return (resets if int(head.split()[1][1:]) % 2 else works)(other, connection, head)
