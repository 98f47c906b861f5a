# Generated from hotpath/aio/http_client/dependency.py by extensions/blocking.py; do not edit.
"""A dependency: another service that is called, with its breaker, limits and retries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Unpack

from hotpath.blocking.gather import gather_outcomes
from hotpath.blocking.http_client.retries import Retries, with_retries
from hotpath.blocking.http_client.transport import Received, Transport, TransportError
from hotpath.blocking.resource_pool import ResourcePool
from hotpath.http_client.breaker import CircuitBreaker
from hotpath.http_client.calls import SERVER_ERROR, Call, CallOptions, HttpResponse, make_call
from hotpath.http_client.errors import (
    DependencyError,
    DependencyTimeout,
    DependencyUnavailable,
    InvalidResponse,
    breaker_open,
    busy,
    server_error,
)
from hotpath.http_client.limits import Limits, limits_of
from hotpath.http_client.metrics import HttpClientMetrics
from hotpath.http_client.retry_budget import RetryBudget
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.tracing import outbound_span, waiting_outbound
from hotpath.settings import HttpClientSettings, ServiceSettings

Slots = ResourcePool[int]

FAIR_S = 1.0
"""A call that had less time, since its request had no more, tells nothing of the dependency when it
times out: else impatient clients would open the breaker for all."""


class StreamedResponse:
    """A response whose body is read piece by piece, while its block runs."""

    def __init__(self, dependency: str, received: Received) -> None:
        self._dependency = dependency
        self._received = received
        self.status = received.status
        self.headers = received.headers
        """By names in lower case."""

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes, once.

        Raises:
            DependencyUnavailable: it ends too early.
            DependencyTimeout: it takes too long.
        """
        while piece := self._read():
            yield piece

    def _read(self) -> bytes:
        try:
            return self._received.read()
        except TimeoutError as error:
            raise DependencyTimeout(self._dependency, error) from error
        except TransportError as error:
            raise DependencyUnavailable(self._dependency, reason=error) from error


class Dependency:
    """Another service. Its statuses below 500 are responses, all else is a `DependencyError`."""

    def __init__(  # noqa: PLR0913 - the parts that a process shares
        self,
        *,
        name: str,
        settings: HttpClientSettings,
        limits: Limits,
        transport: Transport,
        metrics: HttpClientMetrics,
        connections: Slots,
    ) -> None:
        self.name = name
        self._settings = settings
        self._url = settings.urls[name]
        self._transport = transport
        self._metrics = metrics
        self._connections = connections
        self._turns = Slots(range(limits.per_dependency))
        self._max_waiting = limits.waiting
        self._budget = RetryBudget(settings.retry_share)
        self.breaker = CircuitBreaker(name, settings.breaker_failures, settings.breaker_open_s)
        self._count_retry = metrics.retries.labels(name).inc
        self._add_seconds = metrics.seconds.labels(name).add
        self._fair_s = min(FAIR_S, settings.read_timeout_s, settings.timeout_s) / 2

    def get(self, path: str, **options: Unpack[CallOptions]) -> HttpResponse:
        """Send a GET; see `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Unpack[CallOptions]) -> HttpResponse:
        """Send a POST, which is not repeated; see `request`."""
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Unpack[CallOptions]) -> HttpResponse:
        """Return the response to a call, read to its end.

        Args:
            path: Is added to the base URL; it begins with a slash, and is quoted.
        Raises:
            DependencyUnavailable: it cannot be reached, answers 500 and above, or is not called
                since it failed before; clients get 503.
            DependencyTimeout: it does not answer in time, 504.
            InvalidResponse: the response is too large, 502.
        Memory: up to `max_response_bytes`.
        """
        with waiting_outbound():
            return self._fetch(method, path, options)

    def fetch_many(
        self, paths: Sequence[str], at_once: int = 10, **options: Unpack[CallOptions]
    ) -> list[HttpResponse | DependencyError]:
        """Send a GET for each path, `at_once` of them side by side.

        Returns:
            In the order of the paths, a response, or the error in its place.
        """
        calls = [partial(self._fetch, "GET", path, options) for path in paths]
        with waiting_outbound():
            return gather_outcomes(calls, at_once, DependencyError)

    @contextmanager
    def stream(
        self, method: str, path: str, **options: Unpack[CallOptions]
    ) -> Iterator[StreamedResponse]:
        """Send a call whose response is read piece by piece in the block; it is not repeated.

        Raises:
            DependencyError: as `request`.
        """
        with waiting_outbound():
            call = make_call(method, self._url, path, self._settings.timeout_s, options)
            self._budget.add_call()
            with self._sent(call) as response:
                yield response

    def _fetch(self, method: str, path: str, options: CallOptions) -> HttpResponse:
        call = make_call(method, self._url, path, self._settings.timeout_s, options)
        self._budget.add_call()
        return with_retries(partial(self._read, call), call, partial(self._retries, call))

    def _retries(self, call: Call) -> Retries:
        return Retries(call, self._budget, self._settings.attempts, self._count_retry)

    def _read(self, call: Call) -> HttpResponse:
        """Send it once, and read all of the response."""
        body = bytearray()
        with self._sent(call) as response:
            for piece in response.pieces():
                body += piece
                if len(body) > self._settings.max_response_bytes:
                    limit = self._settings.max_response_bytes
                    message = f"{self.name} answered with more than {limit} bytes"
                    raise InvalidResponse(self.name, message, "too_large", message)
        return HttpResponse(self.name, response.status, response.headers, bytes(body))

    @contextmanager
    def _sent(self, call: Call) -> Iterator[StreamedResponse]:
        """Send it once, in its turn; tell breaker and metrics how it went."""
        allowed_s = call.remaining_s()
        outcome = "cancelled"
        try:
            self._require_closed_breaker()
            with (
                self._acquired(self._turns, call),
                self._acquired(self._connections, call),
                self._received(call) as received,
            ):
                outcome = f"{received.status // 100}xx"
                yield StreamedResponse(self.name, received)
            self.breaker.succeeded()
        except DependencyError as error:
            if error.dependency == self.name:
                outcome = error.outcome
                self._failed(call, error, allowed_s)
            raise
        finally:
            self._metrics.calls.labels(self.name, outcome).inc()

    @contextmanager
    def _received(self, call: Call) -> Iterator[Received]:
        """Send it once; in the block its response is there, with a status below 500."""
        headers, started = dict(call.headers), perf_counter()
        try:
            with outbound_span(call.method, call.url, headers) as span:
                received = self._send(call, headers)
                try:
                    span.status = received.status
                    if received.status >= SERVER_ERROR:
                        retry_after = received.headers.get("retry-after")
                        raise server_error(self.name, received.status, retry_after)
                    yield received
                finally:
                    received.close()
        finally:
            self._add_seconds(perf_counter() - started)

    def _send(self, call: Call, headers: Mapping[str, str]) -> Received:
        try:
            return self._transport.send(call, headers)
        except TimeoutError as error:
            raise DependencyTimeout(self.name, error) from error
        except TransportError as error:
            raise DependencyUnavailable(self.name, reason=error) from error

    @contextmanager
    def _acquired(self, slots: Slots, call: Call) -> Iterator[None]:
        remaining_s = call.remaining_s()
        if remaining_s <= 0:
            raise DependencyTimeout(self.name, "no time was left")
        if not slots.free and slots.waiting >= self._max_waiting:
            raise busy(self.name)
        try:
            slot = slots.acquire(min(self._settings.pool_wait_s, remaining_s))
        except TimeoutError:
            raise busy(self.name) from None
        try:
            yield
        finally:
            slots.release(slot)

    def _require_closed_breaker(self) -> None:
        refused_s = self.breaker.refuses_for_s()
        if refused_s:
            raise breaker_open(self.name, refused_s)

    def _failed(self, call: Call, error: DependencyError, allowed_s: float) -> None:
        if not error.is_failure:
            return
        get_logger().info(
            "call failed",
            dependency=self.name,
            method=call.method,
            outcome=error.outcome,
            error=error.reason,
        )
        if allowed_s >= self._fair_s or not isinstance(error, DependencyTimeout):
            self.breaker.failed(error.reason)


@contextmanager
def open_dependencies(
    settings: ServiceSettings, metrics: Metrics
) -> Iterator[Mapping[str, Dependency]]:
    """Open the connections of this process to all dependencies."""
    wanted, limits, measured = settings.http_client, limits_of(settings), HttpClientMetrics(metrics)
    connections = Slots(range(limits.connections))
    user_agent = settings.service.distribution
    with Transport.opened(wanted, user_agent) as transport:
        found = {
            name: Dependency(
                name=name,
                settings=wanted,
                limits=limits,
                transport=transport,
                metrics=measured,
                connections=connections,
            )
            for name in wanted.urls
        }
        measured.watch([each.breaker for each in found.values()])
        yield found
