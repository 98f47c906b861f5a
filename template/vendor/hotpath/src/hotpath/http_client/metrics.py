"""What is counted of calls to other services, by the name of the dependency."""

from collections.abc import Sequence

from hotpath.http_client.breaker import CircuitBreaker
from hotpath.observability.buffered import BufferedCounter, BufferedHistogram, Family
from hotpath.observability.metrics import Metrics


class HttpClientMetrics:
    """The metrics of a process that has dependencies; other processes have none of them."""

    def __init__(self, metrics: Metrics) -> None:
        dependency = ("dependency",)
        self.calls: Family[BufferedCounter] = metrics.counters(
            "http_client_calls", "Calls to other services", ("dependency", "outcome")
        )
        self.retries: Family[BufferedCounter] = metrics.counters(
            "http_client_retries", "Calls among them that repeat one", dependency
        )
        self.seconds: Family[BufferedHistogram] = metrics.histograms(
            "http_client_call_seconds", "Seconds a call to another service took", dependency
        )
        self._breakers_open = metrics.gauge(
            "http_client_breakers_open", "Dependencies that are not called since they failed"
        )
        self._breakers: Sequence[CircuitBreaker] = ()
        metrics.on_flush(self._flush)

    def watch(self, breakers: Sequence[CircuitBreaker]) -> None:
        """Tell how many of these are open."""
        self._breakers = breakers

    def _flush(self) -> None:
        self._breakers_open.set(sum(breaker.is_open for breaker in self._breakers))
