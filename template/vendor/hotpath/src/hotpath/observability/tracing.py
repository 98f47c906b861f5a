"""Traces, if OpenTelemetry's `OTEL_*` variables ask for them; without, nothing of it is imported.

`otel.py` makes them. Spans of the user's own, `opentelemetry.trace.get_tracer(__name__)`, are parts
of the same trace.
"""

import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from hotpath.observability.logs import get_logger
from hotpath.observability.request_context import REQUEST, RequestContext

if TYPE_CHECKING:
    from hotpath.observability.requests import RequestRecord
    from hotpath.service import Service

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_EXPORTER = "OTEL_TRACES_EXPORTER"
_DISABLED = "OTEL_SDK_DISABLED"

Header = Callable[[str], str | None]
"""Returns a header by its name in lower case."""


class Trace(Protocol):
    """The trace of one request or task: its span, and what becomes children of it."""

    trace_id: str
    """Its id; empty if it is not recorded."""

    def attach(self) -> object:
        """Make its span the current one of this thread or coroutine; return what `detach` takes."""
        ...

    def detach(self, token: object) -> None:
        """Undo `attach`."""
        ...

    def end(self, method: str, route: str | None, status: int) -> None:
        """End the span of a request."""
        ...

    def fail(self, error: BaseException) -> None:
        """Mark the span as failed, by the class of the error: messages hold values of people."""
        ...

    def add_query(
        self, system: str, text: str, seconds: float, rows: int | None, error: BaseException | None
    ) -> None:
        """Add the span of a statement that has just ended; its text is without values."""
        ...

    def add_command(
        self, system: str, name: str, seconds: float, error: BaseException | None
    ) -> None:
        """Add the span of a command to Redis that has just ended."""
        ...

    def outbound_call(self, method: str, url: str) -> "AbstractContextManager[OutboundCall]":
        """Return the span of an HTTP call."""
        ...

    def inject(self, headers: MutableMapping[str, str]) -> None:
        """Add the headers that continue the trace elsewhere."""
        ...


class Tracer(Protocol):
    """Starts traces, or continues those of clients."""

    def start(self, record: "RequestRecord", header: Header) -> None:
        """Start the trace of a request."""
        ...

    def task(
        self, name: str, task_id: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[None]:
        """Return the span of a task that another process has submitted, with these headers."""
        ...

    def close(self) -> None:
        """Export what is left."""
        ...


_TRACERS: list[Tracer] = []
"""Those of this process that are open, the newest last."""


class OutboundCall:
    """A call to another service."""

    status: int | None = None
    """Of its response; set it once that is there."""


@contextmanager
def open_tracing(service: "Service") -> Iterator[Tracer | None]:
    """Open the tracer of this process, after fork; None unless the variables ask for one."""
    tracer = _tracer(service) if _is_wanted(os.environ) else None
    if tracer is None:
        yield None
        return
    _TRACERS.append(tracer)
    try:
        yield tracer
    finally:
        _TRACERS.remove(tracer)
        tracer.close()


def current_trace() -> Trace | None:
    """Return the trace of the request or task that is handled now; None while tracing is off."""
    request = REQUEST.get(None)
    return None if request is None else request.trace


def inject(headers: MutableMapping[str, str]) -> None:
    """Add `traceparent` to the headers of a call to another service, which continues the trace.

    Does nothing while tracing is off, and outside of requests and tasks.
    """
    trace = current_trace()
    if trace is not None:
        trace.inject(headers)


@contextmanager
def outbound_call(
    method: str, url: str, headers: MutableMapping[str, str]
) -> Iterator[OutboundCall]:
    """Make what runs inside an outbound call: a span, `traceparent`, and time of the request.

        headers: dict[str, str] = {}
        with outbound_call("GET", url, headers) as call:
            response = await http.get(url, headers=headers)
            call.status = response.status_code

    Args:
        url: Its query and credentials are left out of the span.
        headers: Those of the call, which get `traceparent` while tracing is on.
    """
    with waiting_outbound(), outbound_span(method, url, headers) as call:
        yield call


@contextmanager
def outbound_span(
    method: str, url: str, headers: MutableMapping[str, str]
) -> Iterator[OutboundCall]:
    """Make what runs inside a span of an outbound call, without its time; see `outbound_call`."""
    trace = current_trace()
    span = nullcontext(OutboundCall()) if trace is None else trace.outbound_call(method, url)
    with span as call:
        inject(headers)
        yield call


@contextmanager
def waiting_outbound() -> Iterator[None]:
    """Add the time of what runs inside to that which the request waited for other services."""
    request = REQUEST.get(None) or RequestContext()
    started = perf_counter()
    try:
        yield
    finally:
        request.waiting().outbound_s += perf_counter() - started


def task_span(name: str, task_id: str, headers: Mapping[str, str]) -> AbstractContextManager[None]:
    """Return the span of a task, below the request that enqueued it with these headers."""
    tracer = _TRACERS[-1] if _TRACERS else None
    return nullcontext() if tracer is None else tracer.task(name, task_id, headers)


def fail_trace(error: BaseException) -> None:
    """Mark the request or task that is handled now as failed."""
    trace = current_trace()
    if trace is not None:
        trace.fail(error)


def _is_wanted(variables: Mapping[str, str]) -> bool:
    exporter = variables.get(_EXPORTER, "").strip().lower()
    is_disabled = variables.get(_DISABLED, "").strip().lower() == "true"
    is_named = exporter not in {"", "none"}
    has_endpoint = exporter != "none" and any(variables.get(name) for name in _ENDPOINTS)
    return not is_disabled and (is_named or has_endpoint)


def _tracer(service: "Service") -> Tracer | None:
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        get_logger().warning(
            "no traces: OTEL_ variables ask for them, and the SDK is not installed",
            remedy="install opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http",
        )
        return None
    tracer: Tracer | None = import_module("hotpath.observability.otel").open_tracer(service)
    return tracer
